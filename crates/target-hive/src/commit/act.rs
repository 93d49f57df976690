//! What all acts have in common: the note before, the statement in its time, the look after.

use std::time::Duration;

use publish_core::{Commit, Error, ErrorKind, Result, Retry, RunContext};
use tokio::time::{Instant, timeout};

use super::note::Note;
use crate::plan::{VERSION_PROPERTY, version_value};
use crate::session::{HiveSession, Stop, stale};
use crate::table::Description;

/// Longest time between the start of a note and the sending of its statement. An engine that was stopped in between for
/// longer sends nothing: somebody else may have decided meanwhile.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// Time beyond the statement's own after which it is over for sure: until it is sent, and while the server stops it.
pub(super) const SLACK: Duration = Duration::from_secs(20);

/// A commit about to act.
pub(super) struct Act<'a> {
    pub(super) commit: &'a Commit,
    pub(super) run: &'a RunContext,
    /// The table as it is, if there is one.
    pub(super) found: Option<&'a Description>,
}

impl Act<'_> {
    /// Notes what comes next. What fails here has not touched the table.
    pub(super) async fn note(&self, session: &mut HiveSession, note: &Note) -> Result<()> {
        if !self.run.keeps_journal() {
            return Ok(());
        }
        let value = serde_json::to_value(note).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The commit's note has no JSON form").with_source(error)
        })?;
        let noted = session.journal.note(self.run.run(), self.run.attempt(), &value).await;
        // Nothing follows a note that failed, so nothing is in doubt.
        noted.map_err(|error| match error.retry() {
            Retry::InDoubt => error.with_retry(Retry::Safe),
            _ => error,
        })
    }

    /// Notes, and sends the commit's statement.
    ///
    /// # Errors
    /// With [`Retry::InDoubt`] where nobody knows whether it took effect, otherwise what the server said of it.
    pub(super) async fn send(&self, session: &mut HiveSession, note: &Note) -> Result<()> {
        let [statement] = self.commit.statements.as_slice() else {
            return Err(Error::new(ErrorKind::Unexpected, "The plan is not one of this target"));
        };
        self.send_statement(session, note, statement).await
    }

    /// As [`send`](Self::send), for one of a commit's statements.
    pub(super) async fn send_statement(
        &self,
        session: &mut HiveSession,
        note: &Note,
        statement: &str,
    ) -> Result<()> {
        let started = Instant::now();
        self.note(session, note).await?;
        if self.run.keeps_journal() && started.elapsed() > SEND_WITHIN {
            return Err(stale("The engine was stopped for too long before its commit"));
        }
        let time = session.config.commit_time();
        let sending = session.server.run(statement, Some(time), Stop::Never, self.run);
        match timeout(time + SLACK / 2, sending).await {
            Ok(Err(error)) if error.kind() == ErrorKind::TimedOut => Err(error.with_retry(Retry::InDoubt)),
            Ok(sent) => sent,
            Err(_) => Err(Error::new(
                ErrorKind::TimedOut,
                "The commit's statement took longer than it may; look for locks on the table",
            )
            .with_retry(Retry::InDoubt)
            .with_context("statement", statement)),
        }
    }

    /// Looks at the table after the act. Not being able to look leaves the act in doubt.
    pub(super) async fn look(&self, session: &mut HiveSession) -> Result<Option<Description>> {
        // The run's cancel comes too late here.
        let apart = self.run.apart(self.run.remaining());
        let found = session.describe(&self.commit.table, &apart).await;
        found.map_err(|error| error.with_retry(Retry::InDoubt))
    }

    /// Whether this attempt made the table.
    pub(super) fn made(&self, description: &Description) -> bool {
        let version = version_value(self.run.run(), self.run.attempt());
        description.parameter(VERSION_PROPERTY) == Some(version.as_str())
    }
}
