//! A journal of one run: the latest.

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, Journal, JournalEntry, PendingTidy, Phase, Result, RunId,
};

use super::NullTarget;

/// The latest run of a [`NullTarget`].
#[derive(Debug)]
pub(super) struct NullJournal {
    target: NullTarget,
}

impl NullJournal {
    pub(super) fn new(target: NullTarget) -> Self {
        Self { target }
    }

    fn latest(&self, run: &RunId) -> Option<JournalEntry> {
        self.target.entry().clone().filter(|entry| entry.record.run == *run)
    }
}

#[async_trait]
impl Journal for NullJournal {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        Ok(self.latest(run))
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        *self.target.entry() = Some(JournalEntry::new(record.clone(), Phase::Prepared, true));
        Ok(())
    }

    async fn renew(&mut self, _: &RunId, _: u32) -> Result<()> {
        Ok(())
    }

    async fn fence(&mut self, run: &RunId, _: u32) -> Result<JournalEntry> {
        let mut entry = self.latest(run).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "The journal has no such run").with_context("run", run)
        })?;
        if entry.phase == Phase::Prepared {
            entry.phase = Phase::Abandoned;
        }
        *self.target.entry() = Some(entry.clone());
        Ok(entry)
    }

    async fn close(&mut self, _: &RunId, _: u32, _: &[Artifact], _: &[PendingTidy]) -> Result<()> {
        Ok(())
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        Ok(self.target.entry().clone().into_iter().collect())
    }

    async fn forget(&mut self, _: &RunId) -> Result<()> {
        *self.target.entry() = None;
        Ok(())
    }
}
