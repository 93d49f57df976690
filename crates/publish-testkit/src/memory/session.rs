//! A session with a target in memory.

use async_trait::async_trait;
use publish_core::{
    Artifact, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome, Phase, Prepare,
    PrepareWork, Prepared, Result, RunContext, TableName, TableSchema, TableState, TargetSession,
};

use super::journal::MemoryJournal;
use super::{Defect, MemoryTarget, commit, staging};

/// A session with a [`MemoryTarget`].
#[derive(Debug)]
pub(super) struct MemorySession {
    target: MemoryTarget,
    journal: MemoryJournal,
}

impl MemorySession {
    pub(super) fn new(target: MemoryTarget) -> Self {
        Self { journal: MemoryJournal::new(target.clone()), target }
    }

    fn remove(&self, table: &TableName, run: &RunContext) -> Result<()> {
        let artifact = Artifact::Table { table: table.clone() };
        if !artifact.is_named_after(run.run()) {
            return Err(Error::new(ErrorKind::Unexpected, "A run removes only what it made")
                .with_context("table", table));
        }
        let removed = self.target.place().tables.remove(table);
        if removed.is_none() && self.target.has(Defect::UndoNeedsSomething) {
            return Err(
                Error::new(ErrorKind::NotFound, "There is no such table").with_context("table", table)
            );
        }
        Ok(())
    }
}

#[async_trait]
impl TargetSession for MemorySession {
    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        let mut place = self.target.place();
        let state = place.state(table);
        if self.target.has(Defect::InspectMakesTables) && state == TableState::Absent {
            place.put(table, TableSchema::default(), Vec::new());
        }
        Ok(state)
    }

    async fn prepare(&mut self, step: &Prepare, run: &RunContext) -> Result<Prepared> {
        match &step.work {
            PrepareWork::StageTable(stage) => staging::stage_table(&self.target, stage, run).await,
            _ => Err(Error::new(ErrorKind::Unsupported, "A target in memory knows no such step")
                .with_context("step", &step.title)),
        }
    }

    async fn undo(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        if self.target.has(Defect::UndoesEverything) {
            self.target.place().tables.retain(|table, _| !table.name.starts_with("pub_"));
        }
        if self.target.has(Defect::UndoesNothing) {
            return Ok(());
        }
        self.tidy(artifact, run).await
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        commit::commit(&self.target, commit, run).await
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        if !run.keeps_journal() {
            return Ok(Outcome::Unknown);
        }
        let attempt = (entry.record.run.clone(), entry.record.attempt);
        let mut place = self.target.place();
        if !self.target.has(Defect::TellsWithoutFence) {
            place.fence(&attempt);
        }
        match place.entries.get(&attempt.0) {
            Some(kept) if kept.phase == Phase::Published => Ok(Outcome::Done(Committed::rows(kept.rows))),
            Some(_) => Ok(Outcome::NotDone),
            None => Ok(Outcome::Unknown),
        }
    }

    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        match artifact {
            Artifact::Table { table } => self.remove(table, run),
            // The engine removes files itself, and nothing else is ever made here.
            _ => Err(Error::new(ErrorKind::Unsupported, "A target in memory makes nothing of this kind")
                .with_context("artifact", artifact)),
        }
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.journal
    }

    async fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
