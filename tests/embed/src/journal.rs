//! The runs of a folder.

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, Journal, JournalEntry, PendingTidy, Phase, Result, RunId,
};

use super::catalog::{CatalogFile, Run, now};

/// Seconds that a lease lasts. An engine renews it every ten.
const LEASE_SECONDS: u64 = 60;

/// The journal in the catalog.
#[derive(Debug)]
pub(crate) struct FolderJournal {
    pub(crate) catalog: CatalogFile,
}

#[async_trait]
impl Journal for FolderJournal {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        Ok(self.catalog.read().await?.runs.get(run).map(Run::entry))
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        let record = record.clone();
        self.catalog
            .change(move |catalog| {
                let next = match catalog.runs.get(&record.run) {
                    None => Some(1),
                    Some(kept) if matches!(kept.phase, Phase::Abandoned | Phase::RolledBack) => {
                        Some(kept.record.attempt + 1)
                    }
                    Some(_) => None,
                };
                if next != Some(record.attempt) {
                    return Err(Error::new(ErrorKind::Busy, "Another engine works on this run; wait for it")
                        .with_context("run", &record.run));
                }
                let run = Run {
                    phase: Phase::Prepared,
                    rows: None,
                    held_until: now() + LEASE_SECONDS,
                    written: now(),
                    replaced: Vec::new(),
                    record,
                };
                catalog.runs.insert(run.record.run.clone(), run);
                Ok(())
            })
            .await
    }

    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let run = run.clone();
        self.catalog
            .change(move |catalog| {
                catalog.prepared(&run, attempt)?.held_until = now() + LEASE_SECONDS;
                Ok(())
            })
            .await
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        let run = run.clone();
        self.catalog
            .change(move |catalog| {
                catalog.fence(&run, attempt);
                catalog.runs.get(&run).map(Run::entry).ok_or_else(|| unknown(&run))
            })
            .await
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        let (run, artifacts, tidy) = (run.clone(), artifacts.to_vec(), tidy.to_vec());
        self.catalog
            .change(move |catalog| {
                let kept = catalog.runs.get_mut(&run).ok_or_else(|| unknown(&run))?;
                if kept.record.attempt != attempt {
                    return Ok(());
                }
                if kept.phase == Phase::Abandoned && artifacts.is_empty() {
                    kept.phase = Phase::RolledBack;
                }
                (kept.record.artifacts, kept.record.tidy) = (artifacts, tidy);
                (kept.held_until, kept.written) = (0, now());
                Ok(())
            })
            .await
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        Ok(self.catalog.read().await?.runs.values().map(Run::entry).collect())
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        let run = run.clone();
        self.catalog
            .change(move |catalog| {
                catalog.runs.remove(&run);
                Ok(())
            })
            .await
    }
}

fn unknown(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, "The journal has no such run").with_context("run", run)
}
