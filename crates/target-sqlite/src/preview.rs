//! A look at a table: columns, first rows, how many there are.

use publish_core::{Error, ErrorKind, Result, RunContext, RunId, TableName, TableSchema, TableState, Target};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;
use std::time::Duration;

use crate::database::{Database, Waits};
use crate::error::sqlite_error;
use crate::inspect::inspect;
use crate::sql::quoted;
use crate::target::SqliteTarget;

/// Time that a look may wait for others.
const PATIENCE: Duration = Duration::from_secs(30);

/// A table's columns and first rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preview {
    /// Its columns.
    pub schema: TableSchema,
    /// Its first rows, each value as text; nulls are `None`, bytes hexadecimal as in `X'00FF'`.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows it has.
    pub row_count: u64,
}

impl SqliteTarget {
    /// Reads the columns and the first `rows` rows of a table. Changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such table, or no database yet.
    pub async fn preview(&self, table: &str, rows: usize) -> Result<Preview> {
        let table = self.table_name(&[], table)?;
        let name = table.clone();
        let waits = Waits::of(&RunContext::new(RunId::generate(), PATIENCE));
        let mut database = Database::new(self.file());
        let seen = database.read(waits, move |connection| look(connection, &name, rows)).await?;
        database.close().await?;
        seen.flatten().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "There is no such table; correct its name, or publish it first")
                .with_context("table", table)
                .with_context("file", self.file().display())
        })
    }
}

fn look(connection: &mut Connection, table: &TableName, rows: usize) -> Result<Option<Preview>> {
    let TableState::Present(found) = inspect(connection, table)? else { return Ok(None) };
    let width = found.schema.columns.len();
    let read = || -> rusqlite::Result<(Vec<Vec<Option<String>>>, i64)> {
        let name = quoted(&table.name);
        let limit = i64::try_from(rows).unwrap_or(i64::MAX);
        let mut statement = connection.prepare(&format!("SELECT * FROM {name} LIMIT ?1"))?;
        let first = statement.query_map([limit], |row| {
            (0..width).map(|column| Ok(text_of(row.get_ref(column)?))).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let first = first.collect::<rusqlite::Result<_>>()?;
        let count = connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))?;
        Ok((first, count))
    };
    let (rows, count) = read().map_err(sqlite_error)?;
    Ok(Some(Preview { schema: found.schema, rows, row_count: u64::try_from(count).unwrap_or_default() }))
}

fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(format!("{value:?}")),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            Some(format!("X'{digits}'"))
        }
    }
}
