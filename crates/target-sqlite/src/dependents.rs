//! What hangs on a table: indexes, triggers, views, and tables that refer to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use publish_core::{Dependent, Result};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::error::sqlite_error;
use crate::inspect::FoundColumn;
use crate::sql::{quoted, select_nothing};

/// An index of the table. Its definition makes it again.
pub(crate) const INDEX: &str = "index";
/// A trigger: with a definition one of the table itself, without one of another table.
pub(crate) const TRIGGER: &str = "trigger";
/// A view that reads the table, also through another view.
pub(crate) const VIEW: &str = "view";
/// A table whose foreign key refers to the table.
pub(crate) const FOREIGN_KEY: &str = "foreignKey";

/// Finds what hangs on `table`, with the columns that it needs.
pub(crate) fn dependents(
    connection: &mut Connection,
    table: &str,
    columns: &[FoundColumn],
) -> Result<Vec<Dependent>> {
    let mut found = indexes(connection, table, columns).map_err(sqlite_error)?;
    found.extend(triggers(connection, table, columns)?);
    found.extend(views(connection, table)?);
    found.extend(foreign_keys(connection, table).map_err(sqlite_error)?);
    Ok(found)
}

fn indexes(
    connection: &Connection,
    table: &str,
    columns: &[FoundColumn],
) -> rusqlite::Result<Vec<Dependent>> {
    let mut list = connection.prepare(
        "SELECT l.name, s.sql FROM pragma_index_list(?1) l JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name \
         WHERE l.origin = 'c' ORDER BY l.name",
    )?;
    let named = list.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let named: Vec<(String, String)> = named.collect::<rusqlite::Result<_>>()?;
    let mut parts = connection.prepare("SELECT cid, name FROM pragma_index_xinfo(?1) WHERE key = 1")?;
    named
        .into_iter()
        .map(|(name, definition)| {
            let rows = parts.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows: Vec<(i64, Option<String>)> = rows.collect::<rusqlite::Result<_>>()?;
            let is_plain = rows.iter().all(|(cid, _)| *cid >= 0) && !has_word(&definition, "WHERE");
            // SQLite does not tell what an expression reads, so every column that its text names counts.
            let needed = if is_plain {
                rows.into_iter().filter_map(|(_, name)| name).collect()
            } else {
                let names = columns.iter().map(|column| &column.def.name);
                names.filter(|name| has_word(&definition, name)).cloned().collect()
            };
            Ok(Dependent::new(INDEX, name).with_columns(needed).with_definition(definition))
        })
        .collect()
}

/// Triggers of the table, and those of others that read or change it: SQLite itself tells, as it compiles a statement
/// that fires them.
fn triggers(connection: &mut Connection, table: &str, columns: &[FoundColumn]) -> Result<Vec<Dependent>> {
    let read = |connection: &Connection| -> rusqlite::Result<Vec<(String, String, String)>> {
        let mut statement = connection
            .prepare("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    };
    let all = read(connection).map_err(sqlite_error)?;
    let is_ours = |on: &str| on.eq_ignore_ascii_case(table);
    let near: Vec<_> = all.into_iter().filter(|(_, on, sql)| is_ours(on) || has_word(sql, table)).collect();
    let owners: BTreeSet<&str> = near.iter().map(|(_, on, _)| on.as_str()).collect();
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for owner in owners {
        for statement in firing(connection, owner).map_err(sqlite_error)? {
            for (accessor, column) in compiled(connection, &statement, table)?.unwrap_or_default() {
                if let Some(accessor) = accessor {
                    needs.entry(accessor).or_default().insert(column);
                }
            }
        }
    }
    let found = near.into_iter().filter_map(|(name, on, sql)| {
        let mut needed: Vec<String> =
            needs.get(&name).into_iter().flatten().filter(|column| !column.is_empty()).cloned().collect();
        let dependent = Dependent::new(TRIGGER, &name);
        if is_ours(&on) {
            // `UPDATE OF` names columns that nothing reads.
            let named = columns.iter().map(|column| &column.def.name);
            let of =
                named.filter(|name| has_word(&sql, "OF") && has_word(&sql, name) && !needed.contains(name));
            let of: Vec<String> = of.cloned().collect();
            needed.extend(of);
            return Some(dependent.with_columns(needed).with_definition(sql));
        }
        needs.contains_key(&name).then(|| dependent.with_columns(needed))
    });
    Ok(found.collect())
}

/// Statements that fire every trigger of a table or view, once compiled.
fn firing(connection: &Connection, on: &str) -> rusqlite::Result<Vec<String>> {
    let mut list = connection.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0")?;
    let names: Vec<String> = list.query_map([on], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let sets: Vec<String> = names.iter().map(|name| format!("{0} = {0}", quoted(name))).collect();
    let on = quoted(on);
    Ok(vec![
        format!("INSERT INTO {on} DEFAULT VALUES"),
        format!("UPDATE {on} SET {}", sets.join(", ")),
        format!("DELETE FROM {on}"),
    ])
}

fn views(connection: &mut Connection, table: &str) -> Result<Vec<Dependent>> {
    let read = |connection: &Connection| -> rusqlite::Result<Vec<(String, String)>> {
        let mut statement =
            connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    };
    let mut found = Vec::new();
    for (name, sql) in read(connection).map_err(sqlite_error)? {
        // A view that is broken already is none of our business.
        let Some(reads) = compiled(connection, &select_nothing(&name), table)? else { continue };
        if !reads.is_empty() {
            let columns: BTreeSet<String> =
                reads.into_iter().map(|(_, column)| column).filter(|column| !column.is_empty()).collect();
            let columns = columns.into_iter().collect();
            found.push(Dependent::new(VIEW, name).with_columns(columns).with_definition(sql));
        }
    }
    Ok(found)
}

fn foreign_keys(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Dependent>> {
    let mut statement = connection.prepare(
        "SELECT s.name, group_concat(k.\"to\") FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) k \
         WHERE s.type = 'table' AND k.\"table\" = ?1 COLLATE NOCASE AND s.name <> ?1 COLLATE NOCASE \
         GROUP BY s.name ORDER BY s.name",
    )?;
    let rows = statement.query_map([table], |row| {
        let (name, columns): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let columns = columns.iter().flat_map(|columns| columns.split(',')).map(str::to_owned).collect();
        Ok(Dependent::new(FOREIGN_KEY, name).with_columns(columns))
    })?;
    rows.collect()
}

/// Columns, each with the trigger or view that reads or sets it.
type Reads = BTreeSet<(Option<String>, String)>;

/// What a statement reads or sets of `table`: the trigger or view that does, and the column. `None` if it can't be
/// compiled.
fn compiled(connection: &mut Connection, statement: &str, table: &str) -> Result<Option<Reads>> {
    let seen: Arc<Mutex<Reads>> = Arc::default();
    let (table, seeing) = (table.to_owned(), Arc::clone(&seen));
    let look = move |context: AuthContext<'_>| {
        if let AuthAction::Read { table_name, column_name } | AuthAction::Update { table_name, column_name } =
            context.action
            && table_name.eq_ignore_ascii_case(&table)
        {
            let accessor = context.accessor.map(str::to_owned);
            let mut seen = seeing.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert((accessor, column_name.to_owned()));
        }
        Authorization::Allow
    };
    connection.authorizer(Some(look)).map_err(sqlite_error)?;
    let is_legal = connection.prepare(statement).is_ok();
    let nobody = None::<fn(AuthContext<'_>) -> Authorization>;
    connection.authorizer(nobody).map_err(sqlite_error)?;
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(is_legal.then_some(seen))
}

/// Whether a statement's text names `word`, without case.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
