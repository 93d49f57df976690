//! The target suite on SQLite, read with plain SQL by a connection of its own.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{Error, ErrorKind, Result, TableName, Target};
use publish_testkit::target::{TargetFixture, TargetPlace, check_all};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use target_sqlite::{SqliteConfig, SqliteTarget};

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_on_sqlite() {
    check_all(&SqliteFixture).await.unwrap();
}

#[derive(Debug)]
struct SqliteFixture;

#[async_trait]
impl TargetFixture for SqliteFixture {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        let folder = tempfile::tempdir().map_err(unreadable)?;
        let target = SqliteTarget::new(&SqliteConfig::new(folder.path().join("suite.sqlite")))?;
        Ok(Box::new(SqlitePlace { folder, target }))
    }
}

#[derive(Debug)]
struct SqlitePlace {
    folder: tempfile::TempDir,
    target: SqliteTarget,
}

impl SqlitePlace {
    fn open(&self) -> Result<Connection> {
        Connection::open(self.folder.path().join("suite.sqlite")).map_err(unreadable)
    }

    fn has(&self, table: &TableName) -> Result<bool> {
        let query = "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        self.open()?.query_row(query, [&table.name], |row| row.get(0)).map_err(unreadable)
    }
}

#[async_trait]
impl TargetPlace for SqlitePlace {
    fn target(&self) -> Arc<dyn Target> {
        Arc::new(self.target.clone())
    }

    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>> {
        if !self.has(table)? {
            return Ok(None);
        }
        let connection = self.open()?;
        let query = format!("SELECT * FROM \"{}\"", table.name);
        let mut statement = connection.prepare(&query).map_err(unreadable)?;
        let width = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                let texts = (0..width).map(|column| row.get_ref(column).map(text));
                Ok(texts.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
            })
            .map_err(unreadable)?;
        rows.collect::<rusqlite::Result<Vec<_>>>().map(Some).map_err(unreadable)
    }

    async fn contents(&self) -> Result<Vec<String>> {
        let connection = self.open()?;
        let query =
            "SELECT type || ' ' || name FROM sqlite_schema WHERE tbl_name NOT LIKE 'publish\\_%' ESCAPE '\\'";
        let mut statement = connection.prepare(query).map_err(unreadable)?;
        let names = statement.query_map([], |row| row.get(0)).map_err(unreadable)?;
        names.collect::<rusqlite::Result<Vec<String>>>().map_err(unreadable)
    }

    async fn alter(&self, table: &TableName) -> Result<()> {
        let alter = format!("ALTER TABLE \"{}\" ADD COLUMN added INTEGER", table.name);
        self.open()?.execute_batch(&alter).map_err(unreadable)
    }

    async fn end_leases(&self) -> Result<()> {
        // A lease is a lock on a file, which the system takes back from the dead.
        Ok(())
    }
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "The database can't be read").with_source(error)
}
