//! One change of a table, which happens only if nobody else's did.
//!
//! The table's property `publish.version` is what is compared. A table that has none gets one first. Where the metastore can't
//! compare (Derby, or before version 4) its lock is taken, and the property is read again under it.

use hive_metastore::{Column, ErrorKind as Kind, Expected, Lock, LockState, Metastore, Table};
use publish_core::{ColumnDef, Error, ErrorKind, Location, Result, Retry, TableName};

use super::metastore_error;
use crate::plan::{ROWS_PROPERTY, VERSION_PROPERTY};
use crate::session::stale;

/// The version of a table before the first change of ours.
const FIRST: &str = "none";

/// How the metastore's lock names its holder.
const AGENT: &str = "publish";

/// What becomes of a table.
#[derive(Debug)]
pub(crate) struct Swap<'a> {
    pub(crate) table: &'a TableName,
    /// What the table is changed from. If it is otherwise by now, nothing happens.
    pub(crate) seen: &'a Table,
    pub(crate) columns: &'a [ColumnDef],
    pub(crate) directory: &'a Location,
    /// The new value of [`VERSION_PROPERTY`].
    pub(crate) version: &'a str,
    /// How many rows it has then, where that is to be noted.
    pub(crate) rows: Option<u64>,
}

/// The value that is compared, set first where there is none.
///
/// # Errors
/// [`Busy`](ErrorKind::Busy) if somebody else has the table's lock.
pub(crate) async fn comparable(metastore: &mut Metastore, table: &TableName) -> Result<Table> {
    let seen = read(metastore, table).await?;
    if version(&seen)?.is_some() {
        return Ok(seen);
    }
    // Nothing can be compared yet: the lock keeps others of us away, and nothing is sent but the table as it is.
    let lock = take_lock(metastore, table).await?;
    let set = async {
        let mut seen = read(metastore, table).await?;
        if version(&seen)?.is_none() {
            seen.set_parameter(VERSION_PROPERTY, FIRST).map_err(metastore_error)?;
            alter(metastore, table, &seen, None).await?;
            seen = read(metastore, table).await?;
        }
        Ok(seen)
    };
    let set = set.await;
    release(metastore, lock).await;
    set
}

/// Changes columns, location and version in one transaction.
///
/// # Errors
/// [`StalePlan`](ErrorKind::StalePlan) if somebody else changed the table first; with [`Retry::InDoubt`] where nobody knows.
pub(crate) async fn swap(metastore: &mut Metastore, swap: &Swap<'_>) -> Result<()> {
    let mut new = swap.seen.clone();
    let columns = columns(&swap.seen.columns().map_err(metastore_error)?, swap.columns);
    if let Some(columns) = columns {
        new.set_columns(&columns).map_err(metastore_error)?;
    }
    new.set_location(swap.directory.as_str()).map_err(metastore_error)?;
    new.set_parameter(VERSION_PROPERTY, swap.version).map_err(metastore_error)?;
    if let Some(rows) = swap.rows {
        new.set_parameter(ROWS_PROPERTY, rows.to_string()).map_err(metastore_error)?;
    }
    change(metastore, swap.table, swap.seen, &new).await
}

/// Makes a change that was sent by a dead engine, and may still be on its way, come to nothing: the version that it expects
/// is there no more. Answers the table as it was before that, or `None` if its version is another one.
///
/// # Errors
/// Those of the metastore.
pub(crate) async fn fence(
    metastore: &mut Metastore,
    table: &TableName,
    expected: &str,
    version_after: &str,
) -> Result<Option<Table>> {
    let seen = read(metastore, table).await?;
    if version(&seen)?.as_deref() != Some(expected) {
        return Ok(None);
    }
    let mut new = seen.clone();
    new.set_parameter(VERSION_PROPERTY, version_after).map_err(metastore_error)?;
    match change(metastore, table, &seen, &new).await {
        Ok(()) => Ok(Some(seen)),
        Err(error) if error.kind() == ErrorKind::StalePlan => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the table.
pub(crate) async fn read(metastore: &mut Metastore, table: &TableName) -> Result<Table> {
    let read = metastore.table(&table.namespace, &table.name).await;
    read.map_err(|error| metastore_error(error).with_context("table", table))
}

/// The table's version, if it has one.
pub(crate) fn version(table: &Table) -> Result<Option<String>> {
    table.parameter(VERSION_PROPERTY).map_err(metastore_error)
}

async fn change(metastore: &mut Metastore, table: &TableName, seen: &Table, new: &Table) -> Result<()> {
    let before = version(seen)?.unwrap_or_default();
    let expected = Expected::new(VERSION_PROPERTY, before.clone());
    let compared = metastore.alter_table(&table.namespace, &table.name, new, Some(&expected)).await;
    match compared {
        Err(error) if error.kind() == Kind::Unsupported => {
            tracing::debug!(%table, error = %error, "the metastore can't compare: its lock is taken");
        }
        other => return other.map_err(|error| metastore_error(error).with_context("table", table)),
    }
    let lock = take_lock(metastore, table).await?;
    let changed = async {
        if read(metastore, table).await? != *seen {
            return Err(
                stale("Somebody else changed the table at the same time").with_context("table", table)
            );
        }
        alter(metastore, table, new, None).await
    };
    let changed = changed.await;
    release(metastore, lock).await;
    changed
}

async fn alter(
    metastore: &mut Metastore,
    table: &TableName,
    new: &Table,
    expected: Option<&Expected>,
) -> Result<()> {
    let altered = metastore.alter_table(&table.namespace, &table.name, new, expected).await;
    altered.map_err(|error| metastore_error(error).with_context("table", table))
}

/// Takes the table's lock, or gives up: those who wait block those who work on some databases.
async fn take_lock(metastore: &mut Metastore, table: &TableName) -> Result<Lock> {
    let asked = metastore.lock(&table.namespace, &table.name, AGENT).await;
    // Nothing was changed yet, and a lock that was left behind ends by itself.
    let asked = asked.map_err(|error| metastore_error(error).with_retry(Retry::Safe));
    let (lock, state) = asked.map_err(|error| error.with_context("table", table))?;
    if state == LockState::Acquired {
        return Ok(lock);
    }
    release(metastore, lock).await;
    Err(Error::new(ErrorKind::Busy, "Somebody else has the table's lock at the metastore; try again later")
        .with_retry(Retry::Safe)
        .with_context("table", table))
}

async fn release(metastore: &mut Metastore, lock: Lock) {
    // What was done under it is done; the lock ends by itself.
    if let Err(error) = metastore.unlock(lock).await {
        tracing::warn!(error = %error, "a lock at the metastore could not be released");
    }
}

/// The columns as the metastore keeps them, with the comments of those that stay; `None` if they are there already.
fn columns(there: &[Column], wanted: &[ColumnDef]) -> Option<Vec<Column>> {
    let new: Vec<Column> = wanted
        .iter()
        .map(|column| {
            let same = there.iter().find(|known| known.name.eq_ignore_ascii_case(&column.name));
            let new = Column::new(column.name.to_ascii_lowercase(), column.sql_type.clone());
            match same.and_then(|known| known.comment.as_ref()) {
                Some(comment) => new.with_comment(comment),
                None => new,
            }
        })
        .collect();
    (new != there).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_stay_keep_their_comments() {
        let there = [Column::new("id", "int").with_comment("the key"), Column::new("old", "string")];
        let wanted = [ColumnDef::new("new", "date"), ColumnDef::new("id", "bigint")];
        let expected = [Column::new("new", "date"), Column::new("id", "bigint").with_comment("the key")];
        assert_eq!(columns(&there, &wanted).as_deref(), Some(&expected[..]));
        let same = [ColumnDef::new("id", "int"), ColumnDef::new("old", "string")];
        assert_eq!(columns(&there, &same), None);
    }
}
