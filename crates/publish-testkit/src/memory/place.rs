//! What a target in memory holds.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use publish_core::{
    AttemptRecord, Error, ErrorKind, JournalEntry, Phase, Requirement, Result, RunId, TableFound, TableName,
    TableSchema, TableState,
};
use tokio::time::Instant;

/// Everything at one target: its tables, those that are staged included, and its journal.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) tables: BTreeMap<TableName, Stored>,
    /// Tables that a commit with a window took away and has not replaced yet.
    pub(super) aside: BTreeMap<TableName, (Attempt, Stored)>,
    pub(super) entries: BTreeMap<RunId, Kept>,
    changes: u64,
}

/// One attempt of a run.
pub(super) type Attempt = (RunId, u32);

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) schema: TableSchema,
    pub(super) batches: Vec<RecordBatch>,
    /// Changes with the columns.
    pub(super) definition: u64,
    /// Changes with the columns and with the rows.
    pub(super) version: u64,
}

impl Stored {
    pub(super) fn row_count(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }

    fn found(&self) -> TableFound {
        TableFound::new(self.schema.clone(), self.definition.to_string())
    }
}

/// A journal entry.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) record: AttemptRecord,
    pub(super) phase: Phase,
    pub(super) held_until: Option<Instant>,
    pub(super) rows: Option<u64>,
    pub(super) written: Instant,
}

impl Kept {
    pub(super) fn entry(&self) -> JournalEntry {
        let now = Instant::now();
        let is_held = self.held_until.is_some_and(|until| until > now);
        JournalEntry::new(self.record.clone(), self.phase, is_held)
            .with_closed(self.held_until.is_none())
            .with_rows_published(self.rows)
            .with_age_seconds((now - self.written).as_secs())
    }
}

impl Place {
    /// A number that no earlier change had.
    pub(super) fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    pub(super) fn state(&self, table: &TableName) -> TableState {
        match self.tables.get(table) {
            Some(stored) => TableState::Present(stored.found()),
            None => TableState::Absent,
        }
    }

    /// Puts a table of these columns and rows in place of one that is there.
    pub(super) fn put(&mut self, table: &TableName, schema: TableSchema, batches: Vec<RecordBatch>) {
        let change = self.next_change();
        let stored = Stored { schema, batches, definition: change, version: change };
        self.tables.insert(table.clone(), stored);
    }

    /// Fails unless every requirement holds.
    pub(super) fn check(&self, requirements: &[Requirement]) -> Result<()> {
        for requirement in requirements {
            let (table, wanted) = match requirement {
                Requirement::Absent { table } => (table, None),
                Requirement::Unchanged { table, version } => (table, Some(version.clone())),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        "The target can't check a requirement of this kind",
                    ));
                }
            };
            let found = self.tables.get(table).map(|stored| stored.definition.to_string());
            if found != wanted {
                return Err(
                    stale("The table is not as it was found; plan again").with_context("table", table)
                );
            }
        }
        Ok(())
    }

    /// Fails unless this attempt may still commit.
    pub(super) fn check_fence(&self, (run, attempt): &Attempt) -> Result<()> {
        match self.entries.get(run) {
            Some(kept) if kept.record.attempt == *attempt && kept.phase == Phase::Prepared => Ok(()),
            _ => {
                Err(stale("The attempt was fenced off; another engine has taken over")
                    .with_context("run", run))
            }
        }
    }

    /// Moves this attempt to `Published`.
    pub(super) fn publish(&mut self, (run, attempt): &Attempt, rows: Option<u64>) {
        if let Some(kept) = self.entries.get_mut(run)
            && kept.record.attempt == *attempt
        {
            kept.phase = Phase::Published;
            kept.rows = rows;
            kept.written = Instant::now();
        }
    }

    /// Moves this attempt from `Prepared` to `Abandoned`, and puts a table back that it took away.
    pub(super) fn fence(&mut self, attempt: &Attempt) {
        let Some(kept) = self.entries.get_mut(&attempt.0) else { return };
        if kept.record.attempt != attempt.1 || kept.phase != Phase::Prepared {
            return;
        }
        kept.phase = Phase::Abandoned;
        kept.written = Instant::now();
        let taken: Vec<TableName> = self
            .aside
            .iter()
            .filter(|(_, (owner, _))| owner == attempt)
            .map(|(table, _)| table.clone())
            .collect();
        for table in taken {
            if let Some((_, stored)) = self.aside.remove(&table) {
                self.tables.insert(table, stored);
            }
        }
    }
}

pub(super) fn stale(message: &str) -> Error {
    Error::new(ErrorKind::StalePlan, message)
}
