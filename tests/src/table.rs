//! A database, read and prepared by SQLite alone.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// A database file, seen through connections that are not the product's.
#[derive(Clone, Debug)]
pub struct Database {
    file: PathBuf,
}

impl Database {
    /// The database in `file`, which may not be there yet.
    pub fn at(file: PathBuf) -> Self {
        Self { file }
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs statements of the test's own, such as those that make a table.
    ///
    /// # Panics
    /// If one fails.
    pub fn execute(&self, statements: &str) {
        let connection = Connection::open(&self.file).expect("a database");
        connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// A connection that only reads.
    ///
    /// # Panics
    /// If there is no database.
    pub fn reader(&self) -> Connection {
        let connection = Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .unwrap_or_else(|error| panic!("{}: {error}", self.file.display()));
        connection.pragma_update(None, "query_only", true).expect("a connection that reads");
        connection
    }

    /// The names of all tables but the journal, in order.
    pub fn tables(&self) -> Vec<String> {
        if !self.file.exists() {
            return Vec::new();
        }
        let connection = self.reader();
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'publish_journal' ORDER BY 1")
            .expect("a schema");
        let names = statement.query_map([], |row| row.get(0)).expect("names");
        names.collect::<Result<_, _>>().expect("names")
    }

    /// How many rows a table has.
    ///
    /// # Panics
    /// If there is no such table.
    pub fn row_count(&self, table: &str) -> u64 {
        self.number(&format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\"")))
    }

    /// The one number that a query gives.
    ///
    /// # Panics
    /// If it gives none.
    pub fn number(&self, query: &str) -> u64 {
        let number: i64 = self
            .reader()
            .query_row(query, [], |row| row.get(0))
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        u64::try_from(number).expect("a count")
    }

    /// What `PRAGMA integrity_check` says: `ok` and nothing else in a sound database.
    ///
    /// # Panics
    /// If it can't be asked.
    pub fn integrity(&self) -> String {
        self.reader().query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer")
    }
}
