//! What the calls share, and who calls.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use publish_core::{Error, ErrorKind, Location, Result};

use super::exception::Exception;
use crate::jobs::schema;
use crate::{Connections, Job, JobGroup, JobGroupId, JobId, Jobs, Output, Store, TokenId};

/// What the calls share.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) jobs: Jobs,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) connections: Connections,
}

impl Api {
    /// The job group that the address names.
    pub(super) async fn group(&self, id: JobGroupId) -> Result<JobGroup, Exception> {
        self.store.job_group(id).await?.ok_or_else(|| {
            Exception::not_found(format!("There is no job group {id}; GET /v4/jobGroups lists them"))
        })
    }

    /// The job that the address names.
    pub(super) async fn job(&self, id: JobId) -> Result<Job, Exception> {
        self.store.job(id).await?.ok_or_else(|| {
            Exception::not_found(format!(
                "There is no job {id}; GET /v4/jobGroups/<id>/jobs lists those of a job group"
            ))
        })
    }

    /// Checks what a caller registers: the types of columns, that the locations may be read, and that the storage
    /// connections read such addresses.
    pub(super) async fn check_outputs(&self, outputs: &[Output]) -> Result<()> {
        for output in outputs {
            if let Some(columns) = &output.schema {
                schema(columns)?;
            }
            output.locations.iter().try_for_each(|at| self.jobs.locations().check(at))?;
            let Some(id) = output.storage_connection else { continue };
            let storage = self.connections.storage(id).await?;
            for location in &output.locations {
                check_scheme(location, storage.schemes())
                    .map_err(|error| error.with_context("connection", id))?;
            }
        }
        Ok(())
    }
}

fn check_scheme(location: &Location, schemes: &[&str]) -> Result<()> {
    if schemes.contains(&location.scheme()) {
        return Ok(());
    }
    let known = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", ");
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "The storage connection does not read such addresses; correct one of the two",
    )
    .with_context("location", location)
    .with_context("known", known))
}

/// Who calls, by the access token of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller(pub(crate) TokenId);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<TokenId>().copied().unwrap_or(TokenId::NOBODY)))
    }
}
