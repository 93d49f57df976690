//! Jobs: looking at one, and its log.

use axum::Json;
use axum::extract::State;

use super::super::Api;
use super::super::address::{Id, List, Parameters};
use super::super::exception::Exception;
use super::super::shapes::{Data, EventShape, JobShape};
use crate::{JobId, JobStatus};

/// `GET /v4/jobs/{id}`.
pub(super) async fn get(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<JobShape>, Exception> {
    parameters.embed_only(List::JOBS.embed)?;
    Ok(Json(api.job(JobId(id)).await?.into()))
}

/// `GET /v4/jobs/{id}/status`.
pub(super) async fn status(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<JobStatus>, Exception> {
    parameters.none()?;
    Ok(Json(api.job(JobId(id)).await?.status))
}

/// `GET /v4/jobs/{id}/log`.
pub(super) async fn log(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
) -> Result<Json<Data<Vec<EventShape>>>, Exception> {
    let (after, limit) = parameters.log()?;
    let job = api.job(JobId(id)).await?.id;
    let events = api.store.events(job, after, limit).await?;
    Ok(Json(Data { data: events.into_iter().map(EventShape::from).collect() }))
}
