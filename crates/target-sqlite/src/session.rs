//! A session: one connection, opened when it is needed.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use publish_core::{
    Artifact, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome, Phase, Prepare, Prepared,
    Result, RunContext, TableName, TableState, TargetSession,
};
use tokio::sync::mpsc;

use crate::commit::Act;
use crate::database::{Database, Waits};
use crate::inspect::inspect;
use crate::lease::{Lease, Leases};
use crate::load::{Columns, Piece};
use crate::script::{Detail, script};

/// Batches that wait for the inserting thread.
const WAITING_BATCHES: usize = 2;

/// A session on a database file.
#[derive(Debug)]
pub(crate) struct SqliteSession {
    pub(crate) database: Database,
    pub(crate) leases: Arc<Leases>,
    /// Held as long as any session of the run lives.
    pub(crate) lease: Option<Arc<Lease>>,
    run: RunContext,
}

impl SqliteSession {
    pub(crate) fn new(file: &Path, leases: &Arc<Leases>, run: &RunContext) -> Self {
        Self {
            database: Database::new(file),
            leases: Arc::clone(leases),
            lease: leases.held_by(run.run()),
            run: run.clone(),
        }
    }

    /// How long calls that name no run of their own wait.
    pub(crate) fn waits(&self) -> Waits {
        Waits::of(&self.run)
    }
}

#[async_trait]
impl TargetSession for SqliteSession {
    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        let table = table.clone();
        let found = self.database.read(self.waits(), move |connection| inspect(connection, &table)).await?;
        Ok(found.unwrap_or(TableState::Absent))
    }

    async fn prepare(&mut self, step: &Prepare, _: &RunContext) -> Result<Prepared> {
        Err(no_such_step(&step.title))
    }

    async fn undo(&mut self, artifact: &Artifact, _: &RunContext) -> Result<()> {
        Err(no_such_step(&artifact.to_string()))
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        let act = act(commit, run)?;
        let mut batches = match &commit.mapping {
            Some(mapping) => Some(run.batches(mapping)?),
            None => None,
        };
        let (sender, mut pieces) = mpsc::channel(WAITING_BATCHES);
        let file = self.database.file().to_owned();
        let inserting = self.database.write(Waits::of(run), move |connection, waits| {
            act.carry_out(connection, &file, waits, &mut pieces)
        });
        let feeding = async move {
            while let Some(batch) = match &mut batches {
                Some(batches) => batches.next().await,
                None => None,
            } {
                if sender.send(Piece::Rows(batch?)).await.is_err() {
                    // The inserting thread gave up, and says why.
                    return Ok(());
                }
            }
            let _ = sender.send(Piece::End).await;
            Ok(())
        };
        // The sender lives in `feeding`: if either side ends badly, or both are dropped, the other one hears.
        let (committed, fed): (Result<Committed>, Result<()>) = tokio::join!(inserting, feeding);
        fed?;
        committed
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        if !run.keeps_journal() {
            return Ok(Outcome::Unknown);
        }
        let record = &entry.record;
        let found = match self.fence(&record.run, record.attempt).await {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Outcome::Unknown),
            Err(error) => return Err(error),
        };
        Ok(match found.phase {
            Phase::Published => Outcome::Done(Committed::rows(found.rows_published)),
            // A later attempt that is under way has taken the place of this one, which can't commit any more.
            _ => Outcome::NotDone,
        })
    }

    async fn tidy(&mut self, artifact: &Artifact, _: &RunContext) -> Result<()> {
        Err(no_such_step(&artifact.to_string()))
    }

    fn journal(&mut self) -> &mut dyn Journal {
        self
    }

    async fn close(self: Box<Self>) -> Result<()> {
        self.database.close().await
    }
}

fn act(commit: &Commit, run: &RunContext) -> Result<Act> {
    let detail: Detail = serde_json::from_value(commit.detail.clone()).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The plan is not one of this target").with_source(error)
    })?;
    let mapping = commit.mapping.as_ref();
    Ok(Act {
        steps: script(&detail, &commit.table, &commit.columns.columns, mapping, run.keeps_journal()),
        commit: commit.clone(),
        columns: mapping.map(Columns::new).transpose()?,
        run: run.clone(),
    })
}

/// Everything here happens in the one transaction of the commit.
fn no_such_step(step: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "A SQLite plan has no steps before or after its commit")
        .with_context("step", step)
}
