//! The journal of a target in memory.

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, Journal, JournalEntry, PendingTidy, Phase, Result, RunId,
};
use tokio::time::Instant;

use super::place::Kept;
use super::{Defect, MemoryTarget};

/// The runs of a [`MemoryTarget`].
#[derive(Debug)]
pub(super) struct MemoryJournal {
    target: MemoryTarget,
}

impl MemoryJournal {
    pub(super) fn new(target: MemoryTarget) -> Self {
        Self { target }
    }

    fn held_until(&self) -> Option<Instant> {
        Some(Instant::now() + self.target.lease())
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        if self.target.has(Defect::ForgetsRuns) {
            return Ok(None);
        }
        Ok(self.target.place().entries.get(run).map(Kept::entry))
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        let held_until = self.held_until();
        let is_careless = self.target.has(Defect::BeginsTwice) || self.target.has(Defect::ForgetsRuns);
        let mut place = self.target.place();
        let next = match place.entries.get(&record.run) {
            None => Some(1),
            Some(kept) if matches!(kept.phase, Phase::Abandoned | Phase::RolledBack) => {
                Some(kept.record.attempt + 1)
            }
            Some(_) => None,
        };
        let next = next.filter(|next| *next == 1 || !self.target.has(Defect::RefusesSecondAttempts));
        if next != Some(record.attempt) && !is_careless {
            return Err(Error::new(ErrorKind::Busy, "Another engine is working on this run; wait for it")
                .with_context("run", &record.run));
        }
        let kept = Kept {
            record: record.clone(),
            phase: Phase::Prepared,
            held_until,
            rows: None,
            written: Instant::now(),
        };
        place.entries.insert(record.run.clone(), kept);
        Ok(())
    }

    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let held_until = self.held_until();
        match self.target.place().entries.get_mut(run) {
            Some(kept) if kept.record.attempt == attempt && kept.phase == Phase::Prepared => {
                kept.held_until = held_until;
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::StalePlan, "The attempt is not under way any more")
                .with_context("run", run)),
        }
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        let mut place = self.target.place();
        place.fence(&(run.clone(), attempt));
        place.entries.get(run).map(Kept::entry).ok_or_else(|| unknown(run))
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        let mut place = self.target.place();
        let kept = place.entries.get_mut(run).ok_or_else(|| unknown(run))?;
        if kept.record.attempt != attempt {
            return Ok(());
        }
        if kept.phase == Phase::Abandoned && artifacts.is_empty() {
            kept.phase = Phase::RolledBack;
        }
        kept.record.artifacts = artifacts.to_vec();
        kept.record.tidy = tidy.to_vec();
        kept.held_until = None;
        kept.written = Instant::now();
        Ok(())
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        Ok(self.target.place().entries.values().map(Kept::entry).collect())
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        self.target.place().entries.remove(run);
        Ok(())
    }
}

fn unknown(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, "The journal has no such run").with_context("run", run)
}
