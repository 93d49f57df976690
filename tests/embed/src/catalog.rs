//! The catalog: one small file that says what is in the folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use publish_core::{
    AttemptRecord, Error, ErrorKind, JournalEntry, Phase, Requirement, Result, Retry, RunId, TableFound,
    TableName, TableSchema, TableState,
};
use serde::{Deserialize, Serialize};

/// What is in the folder: the tables, and the runs that published them.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Catalog {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) runs: BTreeMap<RunId, Run>,
    changes: u64,
}

/// A table: its columns, and the folders that hold its rows, oldest first.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Table {
    pub(crate) schema: TableSchema,
    /// Changes with the columns, not with the rows.
    pub(crate) version: u64,
    pub(crate) folders: Vec<String>,
}

/// A run, as the journal keeps it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Run {
    pub(crate) record: AttemptRecord,
    pub(crate) phase: Phase,
    pub(crate) rows: Option<u64>,
    pub(crate) held_until: u64,
    pub(crate) written: u64,
    /// Folders that its commit took out of the table.
    pub(crate) replaced: Vec<String>,
}

impl Run {
    pub(crate) fn entry(&self) -> JournalEntry {
        JournalEntry::new(self.record.clone(), self.phase, self.held_until > now())
            .with_closed(self.held_until == 0)
            .with_rows_published(self.rows)
            .with_age_seconds(now().saturating_sub(self.written))
    }
}

impl Catalog {
    pub(crate) fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// The table as found, with the folders that hold its rows, or held them and are still to be removed.
    pub(crate) fn state(&self, table: &TableName) -> TableState {
        let Some(found) = self.tables.get(&table.name) else { return TableState::Absent };
        let replaced =
            self.runs.values().filter(|run| run.record.table == *table).flat_map(|run| &run.replaced);
        let folders: Vec<&String> = found.folders.iter().chain(replaced).collect();
        let found = TableFound::new(found.schema.clone(), found.version.to_string());
        TableState::Present(found.with_properties(serde_json::json!({ "folders": folders })))
    }

    /// Fails unless every requirement holds.
    pub(crate) fn check(&self, requirements: &[Requirement]) -> Result<()> {
        for requirement in requirements {
            let (table, wanted) = match requirement {
                Requirement::Absent { table } => (table, None),
                Requirement::Unchanged { table, version } => (table, Some(version.clone())),
                _ => return Err(Error::new(ErrorKind::Unsupported, "A folder can't check this requirement")),
            };
            let found = self.tables.get(&table.name).map(|table| table.version.to_string());
            if found != wanted {
                return Err(Error::new(ErrorKind::StalePlan, "The table is not as it was found; plan again")
                    .with_context("table", table));
            }
        }
        Ok(())
    }

    /// The run's entry, if this attempt may still commit.
    pub(crate) fn prepared(&mut self, run: &RunId, attempt: u32) -> Result<&mut Run> {
        match self.runs.get_mut(run) {
            Some(kept) if kept.record.attempt == attempt && kept.phase == Phase::Prepared => Ok(kept),
            _ => {
                Err(Error::new(ErrorKind::StalePlan, "The attempt was fenced off; another engine took over")
                    .with_context("run", run))
            }
        }
    }

    /// Moves an attempt from `Prepared` to `Abandoned`: its commit can't happen any more.
    pub(crate) fn fence(&mut self, run: &RunId, attempt: u32) {
        if let Ok(kept) = self.prepared(run, attempt) {
            kept.phase = Phase::Abandoned;
            kept.written = now();
        }
    }
}

/// The catalog's file. Only one changes it at a time, by a lock on a file beside it; readers need no lock.
#[derive(Clone, Debug)]
pub(crate) struct CatalogFile {
    root: PathBuf,
}

impl CatalogFile {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) async fn read(&self) -> Result<Catalog> {
        let file = self.clone();
        blocking(move || file.load().map_err(|error| file.failed(error))).await
    }

    /// Lets `change` work on the catalog, and replaces the file by what comes out, in one act.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Catalog) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let file = self.clone();
        blocking(move || {
            let lock = file.lock().map_err(|error| file.failed(error))?;
            let mut catalog = file.load().map_err(|error| file.failed(error))?;
            let answer = change(&mut catalog)?;
            let next = file.write_beside(&catalog).map_err(|error| file.failed(error))?;
            // From here on nobody can tell from an error whether the new catalog is there.
            let replaced = fs::rename(next, file.path()).and_then(|()| File::open(&file.root)?.sync_all());
            replaced.map_err(|error| file.failed(error).with_retry(Retry::InDoubt))?;
            drop(lock);
            Ok(answer)
        })
        .await
    }

    fn path(&self) -> PathBuf {
        self.root.join("catalog.json")
    }

    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.root)?;
        let lock = File::create(self.root.join("catalog.lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn load(&self) -> io::Result<Catalog> {
        match fs::read(self.path()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Catalog::default()),
            Err(error) => Err(error),
        }
    }

    /// Only the holder of the lock writes this file, so one that a dead process left is written over.
    fn write_beside(&self, catalog: &Catalog) -> io::Result<PathBuf> {
        let next = self.root.join("catalog.next");
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec_pretty(catalog)?)?;
        file.sync_all()?;
        Ok(next)
    }

    fn failed(&self, error: io::Error) -> Error {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ErrorKind::BadData,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "The folder's catalog can't be read or written; look at the folder")
            .with_context("folder", self.root.display())
            .with_source(error)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Runs `work`, which waits for a disk or a lock, where that holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(Error::new(ErrorKind::Unexpected, "Work on the folder stopped").with_source(error)),
    }
}
