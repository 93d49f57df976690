//! The journal: a plain table in the database itself.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    Artifact, AttemptRecord, Error, ErrorKind, Journal, JournalEntry, PendingTidy, Phase, Result, RunId,
    TableName,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::Waits;
use crate::error::{commit_error, sqlite_error};
use crate::lease::{self, Lease};
use crate::session::SqliteSession;
use crate::sql;

/// Name of the journal's table.
pub(crate) const TABLE: &str = "publish_journal";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS publish_journal (
  run_id TEXT NOT NULL PRIMARY KEY,
  attempt INTEGER NOT NULL,
  digest TEXT NOT NULL,
  \"action\" TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  table_name TEXT NOT NULL,
  artifacts TEXT NOT NULL,
  tidy TEXT NOT NULL,
  detail TEXT NOT NULL,
  file_count INTEGER NOT NULL,
  row_count INTEGER,
  state TEXT NOT NULL,
  owner TEXT,
  rows INTEGER,
  written_at INTEGER NOT NULL
)";

const COLUMNS: &str = "run_id, attempt, digest, \"action\", kind, namespace, table_name, artifacts, tidy, detail, \
     file_count, row_count, state, owner, rows, unixepoch() - written_at";

const BEGIN: &str = "INSERT INTO publish_journal VALUES \
     (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'prepared', ?13, NULL, unixepoch()) \
     ON CONFLICT (run_id) DO UPDATE SET (attempt, digest, \"action\", kind, namespace, table_name, artifacts, tidy, \
     detail, file_count, row_count, state, owner, rows, written_at) = (excluded.attempt, excluded.digest, \
     excluded.\"action\", excluded.kind, excluded.namespace, excluded.table_name, excluded.artifacts, excluded.tidy, \
     excluded.detail, excluded.file_count, excluded.row_count, excluded.state, excluded.owner, excluded.rows, \
     excluded.written_at)";

const FENCE: &str = "UPDATE publish_journal SET state = 'abandoned', written_at = unixepoch() \
     WHERE run_id = ?1 AND attempt = ?2 AND state = 'prepared'";

const CLOSE: &str = "UPDATE publish_journal SET artifacts = ?3, tidy = ?4, owner = NULL, written_at = unixepoch(), \
     state = CASE WHEN state = 'abandoned' AND ?5 THEN 'rolledBack' ELSE state END WHERE run_id = ?1 AND attempt = ?2";

const FORGET: &str = "DELETE FROM publish_journal WHERE run_id = ?1";

#[async_trait]
impl Journal for SqliteSession {
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>> {
        let (run, file) = (run.clone(), self.database.file().to_owned());
        let found =
            self.database.read(self.waits(), move |connection| entry(connection, &file, &run)).await?;
        Ok(found.flatten())
    }

    async fn begin(&mut self, record: &AttemptRecord) -> Result<()> {
        let (record, file) = (record.clone(), self.database.file().to_owned());
        let run = record.run.clone();
        let begun = self.database.write(self.waits(), move |connection, waits| {
            lease::remove_stale(&file);
            begin(connection, &file, waits, &record)
        });
        let lease = Arc::new(begun.await?);
        self.leases.share(&run, &lease);
        self.lease = Some(lease);
        Ok(())
    }

    async fn renew(&mut self, run: &RunId, _: u32) -> Result<()> {
        // The lease does not run out by the clock: holding on to it is all there is to do.
        if self.lease.is_none() {
            self.lease = self.leases.held_by(run);
        }
        Ok(())
    }

    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        let (run, file) = (run.clone(), self.database.file().to_owned());
        let fenced = self.database.write(self.waits(), move |connection, waits| {
            lock(connection, &file, waits, &run)?;
            let found = if has_journal(connection)? {
                connection.execute(FENCE, params![run.as_str(), attempt]).map_err(sqlite_error)?;
                entry(connection, &file, &run)?
            } else {
                None
            };
            connection.execute_batch(sql::COMMIT).map_err(commit_error)?;
            found.ok_or_else(|| unknown(&run))
        });
        fenced.await
    }

    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()> {
        let (run_id, file) = (run.clone(), self.database.file().to_owned());
        let is_clean = artifacts.is_empty();
        let (artifacts, tidy) = (to_json(&artifacts)?, to_json(&tidy)?);
        let closed = self.database.write(self.waits(), move |connection, waits| {
            lock(connection, &file, waits, &run_id)?;
            let values = params![run_id.as_str(), attempt, artifacts, tidy, is_clean];
            connection.execute(CLOSE, values).map_err(sqlite_error)?;
            connection.execute_batch(sql::COMMIT).map_err(commit_error)?;
            lease::remove_stale(&file);
            Ok(())
        });
        closed.await?;
        self.lease = None;
        Ok(())
    }

    async fn list(&mut self) -> Result<Vec<JournalEntry>> {
        let file = self.database.file().to_owned();
        let listed = self.database.read(self.waits(), move |connection| {
            lease::remove_stale(&file);
            entries(connection, &file)
        });
        Ok(listed.await?.unwrap_or_default())
    }

    async fn forget(&mut self, run: &RunId) -> Result<()> {
        if !self.database.file().exists() {
            return Ok(());
        }
        let (run, file) = (run.clone(), self.database.file().to_owned());
        let forgotten = self.database.write(self.waits(), move |connection, waits| {
            lock(connection, &file, waits, &run)?;
            if has_journal(connection)? {
                connection.execute(FORGET, [run.as_str()]).map_err(sqlite_error)?;
            }
            connection.execute_batch(sql::COMMIT).map_err(commit_error)
        });
        forgotten.await
    }
}

/// Takes the write lock, or says which run holds it.
pub(crate) fn lock(connection: &Connection, file: &Path, waits: &Waits, run: &RunId) -> Result<()> {
    let Err(error) = connection.execute_batch(sql::BEGIN) else { return Ok(()) };
    let error = sqlite_error(error);
    if error.kind() != ErrorKind::Busy || waits.is_stopped() {
        return Err(error);
    }
    let holders = entries(connection, file).unwrap_or_default();
    let holders = holders.iter().filter(|entry| entry.is_held && entry.phase == Phase::Prepared);
    let holders = holders.filter(|entry| entry.record.run != *run);
    Err(holders.fold(error, |error, entry| {
        error.with_context("run", &entry.record.run).with_context("its table", &entry.record.table)
    }))
}

fn begin(connection: &Connection, file: &Path, waits: &Waits, record: &AttemptRecord) -> Result<Lease> {
    lock(connection, file, waits, &record.run)?;
    connection.execute_batch(CREATE).map_err(|error| {
        sqlite_error(error).with_context("the journal's table, for an administrator", CREATE)
    })?;
    let found = entry(connection, file, &record.run)?;
    let next = match &found {
        None => Some(1),
        Some(entry) if matches!(entry.phase, Phase::Abandoned | Phase::RolledBack) => {
            Some(entry.record.attempt + 1)
        }
        Some(_) => None,
    };
    if next != Some(record.attempt) {
        let error = Error::new(
            ErrorKind::Busy,
            "Another engine began an attempt of this run; wait for it to end, then send the request again",
        )
        .with_context("run", &record.run);
        return Err(match found {
            Some(entry) => {
                error.with_context("attempt", entry.record.attempt).with_context("phase", entry.phase)
            }
            None => error.with_context("attempt", record.attempt),
        });
    }
    let lease = Lease::take(file)?;
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let values = params![
        record.run.as_str(),
        record.attempt,
        record.digest,
        record.action.as_str(),
        record.kind,
        record.table.namespace,
        record.table.name,
        to_json(&record.artifacts)?,
        to_json(&record.tidy)?,
        to_json(&record.detail)?,
        count(record.file_count),
        record.row_count.map(count),
        lease.owner(),
    ];
    connection.execute(BEGIN, values).map_err(sqlite_error)?;
    connection.execute_batch(sql::COMMIT).map_err(commit_error)?;
    Ok(lease)
}

fn entry(connection: &Connection, file: &Path, run: &RunId) -> Result<Option<JournalEntry>> {
    if !has_journal(connection)? {
        return Ok(None);
    }
    let query = format!("SELECT {COLUMNS} FROM {TABLE} WHERE run_id = ?1");
    let row = connection.query_row(&query, [run.as_str()], read_row).optional().map_err(sqlite_error)?;
    row.map(|row| row.entry(file)).transpose()
}

fn entries(connection: &Connection, file: &Path) -> Result<Vec<JournalEntry>> {
    if !has_journal(connection)? {
        return Ok(Vec::new());
    }
    let read = || -> rusqlite::Result<Vec<JournalRow>> {
        let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM {TABLE} ORDER BY run_id"))?;
        statement.query_map([], read_row)?.collect()
    };
    read().map_err(sqlite_error)?.into_iter().map(|row| row.entry(file)).collect()
}

fn has_journal(connection: &Connection) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    connection.query_row(query, [TABLE], |row| row.get(0)).map_err(sqlite_error)
}

/// A row of the journal, as its columns are.
struct JournalRow {
    texts: [String; 9],
    attempt: u32,
    file_count: i64,
    row_count: Option<i64>,
    state: String,
    owner: Option<String>,
    rows: Option<i64>,
    age: i64,
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<JournalRow> {
    let text = |column| row.get::<_, String>(column);
    Ok(JournalRow {
        texts: [text(0)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(7)?, text(8)?, text(9)?],
        attempt: row.get(1)?,
        file_count: row.get(10)?,
        row_count: row.get(11)?,
        state: row.get(12)?,
        owner: row.get(13)?,
        rows: row.get(14)?,
        age: row.get(15)?,
    })
}

impl JournalRow {
    fn entry(self, file: &Path) -> Result<JournalEntry> {
        let [run, digest, action, kind, namespace, table, artifacts, tidy, detail] = self.texts;
        let phase = Phase::from_word(&self.state).ok_or_else(|| {
            Error::new(ErrorKind::BadData, "The journal holds a state that nobody wrote; look at its table")
                .with_context("run", &run)
                .with_context("state", &self.state)
        })?;
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        // Records are read as what they are written as, so that nothing of them is forgotten here.
        let record: AttemptRecord = serde_json::from_value(serde_json::json!({
            "run": run,
            "attempt": self.attempt,
            "digest": digest,
            "action": action,
            "kind": kind,
            "table": TableName::new(namespace, table),
            "artifacts": from_json::<Vec<Artifact>>(&artifacts, &run)?,
            "tidy": from_json::<Vec<PendingTidy>>(&tidy, &run)?,
            "detail": from_json::<serde_json::Value>(&detail, &run)?,
            "fileCount": count(self.file_count),
            "rowCount": self.row_count.map(count),
        }))
        .map_err(|error| unreadable(&run, error))?;
        // Closing an entry takes its owner off.
        let is_closed = self.owner.is_none();
        let is_held = self.owner.is_some_and(|owner| lease::is_held(file, &owner));
        Ok(JournalEntry::new(record, phase, is_held)
            .with_closed(is_closed)
            .with_rows_published(self.rows.map(count))
            .with_age_seconds(count(self.age)))
    }
}

fn unknown(run: &RunId) -> Error {
    Error::new(ErrorKind::NotFound, "The journal has no entry of this run").with_context("run", run)
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "What the journal is to hold has no JSON form").with_source(error)
    })
}

fn from_json<T: DeserializeOwned>(text: &str, run: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(run, error))
}

fn unreadable(run: &str, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::BadData, "The journal holds what nobody wrote; look at its table")
        .with_context("run", run)
        .with_source(error)
}

#[cfg(test)]
mod tests;
