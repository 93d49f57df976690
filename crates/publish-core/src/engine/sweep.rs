//! Finishing what dead runs left.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::{Error, JournalEntry, Outcome, Phase, Result, RunContext, RunId, Target};

use super::Engine;
use super::call::{Connection, within};
use super::commit::find_outcome;
use super::settle::in_doubt;
use super::tidy::tidy_entry;
use super::undo::undo_entry;

/// How far a sweep goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepOptions {
    /// Age from which the entries of ended runs are forgotten. A run id is known again for so long. Default 30 days.
    pub horizon: Duration,
}

impl Default for SweepOptions {
    fn default() -> Self {
        Self { horizon: Duration::from_secs(30 * 24 * 3600) }
    }
}

impl SweepOptions {
    /// Sets the age from which entries are forgotten.
    #[must_use]
    pub fn with_horizon(mut self, horizon: Duration) -> Self {
        self.horizon = horizon;
        self
    }
}

/// What a sweep found and did.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SweepReport {
    /// Runs whose dead attempts were put back.
    pub undone: Vec<RunId>,
    /// Runs that turned out to be published, or were tidied.
    pub finished: Vec<RunId>,
    /// Runs that a living engine works on, left alone.
    pub held: Vec<RunId>,
    /// Runs of which nobody can tell whether they were published, left alone.
    pub in_doubt: Vec<RunId>,
    /// Runs whose entries were past the horizon.
    pub forgotten: Vec<RunId>,
    /// What failed. The next sweep tries it again.
    pub failures: Vec<Error>,
}

/// See [`Engine::sweep`].
pub(super) async fn sweep(
    engine: &Engine,
    target: &Arc<dyn Target>,
    options: &SweepOptions,
) -> Result<SweepReport> {
    let entries = read_journal(engine, target).await?;
    let mut report = SweepReport::default();
    for entry in entries {
        let context = RunContext::new(entry.record.run.clone(), engine.settings.undo_time)
            .at_attempt(entry.record.attempt)
            .with_storages(engine.registry.storages().clone());
        let swept = Sweep { engine, target, options, context };
        Box::pin(swept.entry(entry, &mut report)).await;
    }
    Ok(report)
}

/// See [`Engine::journal`].
pub(super) async fn read_journal(engine: &Engine, target: &Arc<dyn Target>) -> Result<Vec<JournalEntry>> {
    let context = RunContext::new(RunId::generate(), engine.settings.undo_time)
        .with_storages(engine.registry.storages().clone());
    let mut connection = Connection::new(target);
    let session = connection.session(&context).await?;
    let entries = within(&context, session.journal().list()).await?;
    connection.close(&context).await;
    Ok(entries)
}

struct Sweep<'a> {
    engine: &'a Engine,
    target: &'a Arc<dyn Target>,
    options: &'a SweepOptions,
    context: RunContext,
}

impl Sweep<'_> {
    async fn entry(&self, entry: JournalEntry, report: &mut SweepReport) {
        let run = entry.record.run.clone();
        match entry.phase {
            Phase::Prepared if entry.is_held => report.held.push(run),
            Phase::Prepared => match find_outcome(self.engine, self.target, &entry, &self.context).await {
                Ok(Outcome::Done(_)) => self.finish(&entry, report).await,
                Ok(Outcome::NotDone) => self.undo(&entry, report).await,
                Ok(Outcome::Unknown) => report.in_doubt.push(run),
                Err(error) => {
                    report.failures.push(in_doubt(&entry).with_source(error));
                    report.in_doubt.push(run);
                }
            },
            Phase::Abandoned => self.undo(&entry, report).await,
            Phase::Published
                if entry.record.tidy.iter().any(|tidy| tidy.after_seconds <= entry.age_seconds) =>
            {
                self.finish(&entry, report).await;
            }
            Phase::Published | Phase::RolledBack => self.forget(&entry, report).await,
        }
    }

    async fn undo(&self, entry: &JournalEntry, report: &mut SweepReport) {
        let undone = undo_entry(self.engine, self.target, entry, &self.context).await;
        if undone.errors.is_empty() {
            report.undone.push(entry.record.run.clone());
        }
        report.failures.extend(undone.errors);
    }

    async fn finish(&self, entry: &JournalEntry, report: &mut SweepReport) {
        let errors = tidy_entry(self.engine, self.target, entry, &self.context).await;
        if errors.is_empty() {
            report.finished.push(entry.record.run.clone());
        }
        report.failures.extend(errors);
    }

    async fn forget(&self, entry: &JournalEntry, report: &mut SweepReport) {
        // What a published run prepared was taken in by its commit, or is tidied: its artifacts tell nothing more.
        let has_pending = entry.phase == Phase::Published && !entry.record.tidy.is_empty();
        if has_pending || entry.age_seconds < self.options.horizon.as_secs() {
            return;
        }
        let run = &entry.record.run;
        let mut connection = Connection::new(self.target);
        let forgotten = match connection.session(&self.context).await {
            Ok(session) => within(&self.context, session.journal().forget(run)).await,
            Err(error) => Err(error),
        };
        connection.close(&self.context).await;
        match forgotten {
            Ok(()) => report.forgotten.push(run.clone()),
            Err(error) => report.failures.push(error.with_context("run", run)),
        }
    }
}
