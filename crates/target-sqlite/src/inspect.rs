//! A table as it is: columns, version, what hangs on it.

use publish_core::{ColumnDef, Error, ErrorKind, Result, TableFound, TableName, TableSchema, TableState};
use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::declared::GENERATED;
use crate::dependents::dependents;
use crate::error::sqlite_error;
use crate::sql;

/// Looks a table up. Changes nothing.
pub(crate) fn inspect(connection: &mut Connection, table: &TableName) -> Result<TableState> {
    // One transaction, so that columns, version and dependents are of one instant.
    let state = {
        connection.execute_batch("BEGIN").map_err(sqlite_error)?;
        look(connection, table)
    };
    connection.execute_batch(sql::ROLLBACK).map_err(sqlite_error)?;
    state
}

fn look(connection: &mut Connection, table: &TableName) -> Result<TableState> {
    let Some(version) = version(connection, &table.name)? else { return Ok(TableState::Absent) };
    let kind: Option<(String, String, bool)> = connection
        .query_row(sql::KIND, [&table.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(sqlite_error)?;
    let (name, is_without_rowid) = match kind {
        Some((name, kind, is_without_rowid)) if kind == "table" => (name, is_without_rowid),
        other => {
            let kind = other.map_or_else(|| "index or trigger".to_owned(), |(_, kind, _)| kind);
            return Err(Error::new(
                ErrorKind::Unsupported,
                "Results are published to plain tables only; choose another name",
            )
            .with_context("table", table)
            .with_context("there is", format!("a {kind} of this name")));
        }
    };
    let columns = columns(connection, &name, is_without_rowid)?;
    let dependents = dependents(connection, &name, &columns)?;
    let constraints = constraints(connection, &name, &columns)?;
    let schema = TableSchema::new(columns.into_iter().map(|column| column.def).collect());
    Ok(TableState::Present(
        TableFound::new(schema, version)
            .with_dependents(dependents)
            .with_properties(json!({"name": name, "constraints": constraints})),
    ))
}

/// A digest of everything that is declared under a table's name. `None` where there is nothing.
pub(crate) fn version(connection: &Connection, table: &str) -> Result<Option<String>> {
    let read = || -> rusqlite::Result<Option<String>> {
        let mut statement = connection.prepare(sql::DEFINITION)?;
        let mut rows = statement.query([table])?;
        let mut hash = Sha256::new();
        let mut is_there = false;
        while let Some(row) = rows.next()? {
            is_there = true;
            for column in 0..3 {
                let text: Option<String> = row.get(column)?;
                let text = text.unwrap_or_default();
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
        }
        let digest = || hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(is_there.then(digest))
    };
    read().map_err(sqlite_error)
}

/// A column as declared.
#[derive(Debug)]
pub(crate) struct FoundColumn {
    pub(crate) def: ColumnDef,
    pub(crate) is_key: bool,
    pub(crate) is_generated: bool,
}

/// The columns of a table.
pub(crate) fn columns(
    connection: &Connection,
    table: &str,
    is_without_rowid: bool,
) -> Result<Vec<FoundColumn>> {
    let read = || -> rusqlite::Result<Vec<FoundColumn>> {
        let mut statement = connection.prepare(sql::COLUMNS)?;
        let rows = statement.query_map([table], |row| {
            let (name, sql_type): (String, String) = (row.get(0)?, row.get(1)?);
            let (not_null, has_default): (bool, bool) = (row.get(2)?, row.get(3)?);
            let (key, hidden): (i64, i64) = (row.get(4)?, row.get(5)?);
            let is_generated = matches!(hidden, 2 | 3);
            let sql_type = if is_generated && !sql_type.to_ascii_uppercase().ends_with(GENERATED) {
                format!("{sql_type} {GENERATED}").trim_start().to_owned()
            } else {
                sql_type
            };
            let def = ColumnDef::new(name, sql_type)
                .with_nullable(!not_null)
                .with_default(has_default || is_generated);
            Ok(FoundColumn { def, is_key: key > 0, is_generated })
        })?;
        rows.collect()
    };
    let mut columns = read().map_err(sqlite_error)?;
    // A lone INTEGER PRIMARY KEY is the row's number: a null would become one silently, and none at all gets one.
    let mut keys: Vec<&mut FoundColumn> = columns.iter_mut().filter(|column| column.is_key).collect();
    if let [key] = keys.as_mut_slice()
        && !is_without_rowid
        && key.def.sql_type.eq_ignore_ascii_case("INTEGER")
    {
        (key.def.nullable, key.def.has_default) = (false, true);
    }
    Ok(columns)
}

/// The constraints that a table loses when it is made anew, in words.
fn constraints(connection: &Connection, table: &str, columns: &[FoundColumn]) -> Result<Vec<&'static str>> {
    let count = |query: &str| -> Result<i64> {
        connection.query_row(query, [table], |row| row.get(0)).map_err(sqlite_error)
    };
    let mut words = Vec::new();
    if columns.iter().any(|column| column.is_key) {
        words.push("PRIMARY KEY");
    }
    if count("SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'u'")? > 0 {
        words.push("UNIQUE");
    }
    if count("SELECT count(*) FROM pragma_foreign_key_list(?1)")? > 0 {
        words.push("FOREIGN KEY");
    }
    if columns.iter().any(|column| !column.def.nullable && !column.is_key) {
        words.push("NOT NULL");
    }
    if columns.iter().any(|column| column.def.has_default && !column.is_key && !column.is_generated) {
        words.push("DEFAULT");
    }
    let has_check = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE \
         AND upper(sql) GLOB '*CHECK*(*'";
    if count(has_check)? > 0 {
        words.push("CHECK");
    }
    Ok(words)
}

#[cfg(test)]
mod tests;
