//! A session with nothing.

use async_trait::async_trait;
use futures::TryStreamExt;
use publish_core::{
    Artifact, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome, Phase, Prepare, Prepared,
    Result, RunContext, TableName, TableState, TargetSession,
};

use super::NullTarget;
use super::journal::NullJournal;

/// A session with a [`NullTarget`].
#[derive(Debug)]
pub(super) struct NullSession {
    target: NullTarget,
    journal: NullJournal,
}

impl NullSession {
    pub(super) fn new(target: NullTarget) -> Self {
        Self { journal: NullJournal::new(target.clone()), target }
    }
}

#[async_trait]
impl TargetSession for NullSession {
    async fn inspect(&mut self, _: &TableName) -> Result<TableState> {
        Ok(TableState::Absent)
    }

    async fn prepare(&mut self, step: &Prepare, _: &RunContext) -> Result<Prepared> {
        Err(Error::new(ErrorKind::Unsupported, "The null target has no step of its own")
            .with_context("step", &step.title))
    }

    async fn undo(&mut self, _: &Artifact, _: &RunContext) -> Result<()> {
        Ok(())
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        let mut rows = run.expected_rows();
        if let (true, Some(mapping)) = (self.target.reads(), &commit.mapping) {
            let mut batches = run.batches(mapping)?;
            let mut read = 0;
            while let Some(batch) = batches.try_next().await? {
                read += batch.batch.num_rows() as u64;
            }
            rows = Some(read);
        }
        if let Some(entry) = self.target.entry().as_mut() {
            entry.phase = Phase::Published;
            entry.rows_published = rows;
        }
        Ok(Committed::rows(rows))
    }

    async fn outcome(&mut self, _: &JournalEntry, _: &RunContext) -> Result<Outcome> {
        // The commit is the only thing that can fail here, and then nothing happened.
        Ok(Outcome::NotDone)
    }

    async fn tidy(&mut self, _: &Artifact, _: &RunContext) -> Result<()> {
        Ok(())
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.journal
    }

    async fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
