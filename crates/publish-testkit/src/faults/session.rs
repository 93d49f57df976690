//! A session before a session.

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Check, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome,
    PendingTidy, Prepare, Prepared, Result, RunContext, RunId, TableName, TableState, TargetSession,
};

use super::plan::LateCommit;
use super::{Call, Fault, Faults};

/// A session with faults in its calls. Its journal's calls go through it, too.
#[derive(Debug)]
pub(super) struct FaultySession {
    /// Gone once a late commit took it along.
    inner: Option<Box<dyn TargetSession>>,
    faults: Faults,
}

impl FaultySession {
    pub(super) fn new(inner: Box<dyn TargetSession>, faults: Faults) -> Self {
        Self { inner: Some(inner), faults }
    }

    fn parts(&mut self) -> Result<(&mut Box<dyn TargetSession>, &Faults)> {
        let gone = || Error::new(ErrorKind::Unexpected, "The session was used after its commit was lost");
        Ok((self.inner.as_mut().ok_or_else(gone)?, &self.faults))
    }
}

#[async_trait]
impl TargetSession for FaultySession {
    async fn recover(&mut self, table: &TableName, run: &RunContext) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::Recover, inner.recover(table, run)).await
    }

    async fn check(&mut self, run: &RunContext) -> Vec<Check> {
        match self.parts() {
            Ok((inner, _)) => inner.check(run).await,
            Err(error) => vec![Check::new("connection", Err(error))],
        }
    }

    async fn facts(&mut self) -> Result<serde_json::Value> {
        self.parts()?.0.facts().await
    }

    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::Inspect, inner.inspect(table)).await
    }

    async fn prepare(&mut self, step: &Prepare, run: &RunContext) -> Result<Prepared> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::Prepare, inner.prepare(step, run)).await
    }

    async fn undo(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::Undo, inner.undo(artifact, run)).await
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        let fault = self.faults.hear(Call::Commit);
        if matches!(fault, Some(Fault::Late))
            && let Some(session) = self.inner.take()
        {
            self.faults.keep_late(LateCommit { session, commit: commit.clone(), run: run.clone() });
            return std::future::pending().await;
        }
        let (inner, _) = self.parts()?;
        Faults::suffer(Call::Commit, fault, inner.commit(commit, run)).await
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        let fault = self.faults.hear(Call::Outcome);
        if matches!(fault, Some(Fault::CannotTell)) {
            return Ok(Outcome::Unknown);
        }
        let (inner, _) = self.parts()?;
        Faults::suffer(Call::Outcome, fault, inner.outcome(entry, run)).await
    }

    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::Tidy, inner.tidy(artifact, run)).await
    }

    fn journal(&mut self) -> &mut dyn Journal {
        self
    }

    async fn close(mut self: Box<Self>) -> Result<()> {
        let Some(inner) = self.inner.take() else { return Ok(()) };
        self.faults.carry_out(Call::Close, inner.close()).await
    }
}

#[async_trait]
impl Journal for FaultySession {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalRead, inner.journal().read(run)).await
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalBegin, inner.journal().begin(record)).await
    }

    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalRenew, inner.journal().renew(run, attempt)).await
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalFence, inner.journal().fence(run, attempt)).await
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        let (inner, faults) = self.parts()?;
        let closing = inner.journal().close(run, attempt, artifacts, tidy);
        faults.carry_out(Call::JournalClose, closing).await
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalList, inner.journal().list()).await
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        let (inner, faults) = self.parts()?;
        faults.carry_out(Call::JournalForget, inner.journal().forget(run)).await
    }
}
