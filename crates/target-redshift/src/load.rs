//! Loading: one COPY, counted, watched, and explained where it fails.

use publish_core::{Error, ErrorKind, Result, RunContext};

use crate::config::CopyAuthorization;
use crate::connect::{Connector, Link};
use crate::load_errors::{explain, locate};
use crate::progress::watch;
use crate::sql::{self, CopyStatement};

/// What a COPY needs.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) link: &'a Link,
    pub(crate) connector: &'a Connector,
    pub(crate) authorization: &'a CopyAuthorization,
    pub(crate) run: &'a RunContext,
}

impl Load<'_> {
    /// Copies within the open transaction, and answers how many rows the service loaded.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) that names file, line and column, where the service refused a row. The transaction
    /// is taken back then.
    pub(crate) async fn copy(&self, copy: &CopyStatement) -> Result<u64> {
        let before = self.link.ask(sql::COPY_ID).await?.number();
        let session = self.link.ask("SELECT pg_backend_pid()").await?.number();
        let statement = copy.sent(self.authorization);
        let copied = tokio::select! {
            biased;
            copied = self.link.run_stoppable(&statement, self.run) => copied,
            never = watch(self.connector, session, self.run) => match never {},
        };
        match copied {
            Ok(_) => {
                let count = self.link.ask(sql::COPY_COUNT).await?;
                count.number().ok_or_else(|| {
                    Error::new(ErrorKind::Unexpected, "The service does not say how many rows COPY loaded")
                })
            }
            Err(failure) => {
                let error = failure.error.with_context("statement", copy.shown(self.authorization));
                let may_be_explained =
                    failure.is_told && matches!(error.kind(), ErrorKind::Unexpected | ErrorKind::BadData);
                if !may_be_explained {
                    return Err(error);
                }
                let error = explain(self.link, error, copy, before, session, self.run).await;
                Err(locate(error, copy, self.run).await)
            }
        }
    }

    /// Compares what was loaded with what the files hold.
    pub(crate) fn check_rows(&self, loaded: u64) -> Result<()> {
        check_rows(loaded, self.run.expected_rows())
    }
}

/// Fails where a load brought other rows than there are.
pub(crate) fn check_rows(loaded: u64, expected: Option<u64>) -> Result<()> {
    match expected {
        Some(expected) if loaded != expected => Err(Error::new(
            ErrorKind::BadData,
            "The service loaded other rows than the files hold; they may have changed, publish again",
        )
        .with_context("loaded", loaded)
        .with_context("files hold", expected)),
        _ => Ok(()),
    }
}
