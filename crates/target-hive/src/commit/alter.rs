//! A table that gets columns and files in one transaction of the metastore.

use publish_core::{AttemptRecord, Error, Location, Result, Retry};

use super::act::Act;
use super::note::{Note, is_same_place};
use super::outcome::Evidence;
use super::relocate::what_is_replaced;
use crate::config::Statistics;
use crate::metastore::{self, Swap};
use crate::plan::version_value;
use crate::session::{HiveSession, stale};
use crate::table::Description;

/// How often a fence that meets a change is tried again.
const FENCES: u32 = 5;

/// Points the table to `directory`, with the commit's columns.
pub(super) async fn alter(
    session: &mut HiveSession,
    act: &Act<'_>,
    directory: &Location,
    rows: Option<u64>,
) -> Result<()> {
    let table = &act.commit.table;
    let replaced = what_is_replaced(&session.storages, act).await?;
    // What fails before the change itself leaves nothing in doubt: at most the table's version was set.
    let safe =
        |error: Error| if error.retry() == Retry::InDoubt { error.with_retry(Retry::Safe) } else { error };
    let mut metastore = metastore::connect(&session.config).await?;
    let seen = metastore::comparable(&mut metastore, table).await.map_err(safe)?;
    if !is_as_found(act.found, &seen, &replaced.before)? {
        return Err(stale("The table was changed by somebody else meanwhile").with_context("table", table));
    }
    act.note(session, &Note::Replacing(replaced)).await?;
    let expected = metastore::version(&seen)?.unwrap_or_default();
    act.note(session, &Note::Swapping { expected }).await?;
    let swap = Swap {
        table,
        seen: &seen,
        columns: &act.commit.columns.columns,
        directory,
        version: &version_value(act.run.run(), act.run.attempt()),
        rows: rows.filter(|_| session.config.statistics != Statistics::Off),
    };
    metastore::swap(&mut metastore, &swap).await
}

/// Whether the change of a dead attempt happened. If not it can't any more: the version that it expects is taken away.
pub(super) async fn settle(
    session: &mut HiveSession,
    record: &AttemptRecord,
    notes: &[Note],
) -> Result<Evidence> {
    let expected = notes.iter().find_map(|note| match note {
        Note::Swapping { expected } => Some(expected),
        _ => None,
    });
    // The change is sent after this note, which nobody can write once the attempt is abandoned.
    let Some(expected) = expected else { return Ok(Evidence::Untouched) };
    let ours = version_value(&record.run, record.attempt);
    let mut metastore = metastore::connect(&session.config).await?;
    for _ in 0..FENCES {
        let table = match metastore::read(&mut metastore, &record.table).await {
            Ok(table) => table,
            Err(error) if error.kind() == publish_core::ErrorKind::StalePlan => return Ok(Evidence::Unclear),
            Err(error) => return Err(error),
        };
        match metastore::version(&table)? {
            Some(version) if version == ours => return Ok(Evidence::Done),
            Some(version) if version == *expected => {}
            _ => return Ok(Evidence::Unclear),
        }
        let after = format!("fenced_{ours}");
        if metastore::fence(&mut metastore, &record.table, expected, &after).await?.is_some() {
            return Ok(Evidence::Untouched);
        }
    }
    Ok(Evidence::Unclear)
}

/// Whether the metastore has the columns and the place that the session has just found.
fn is_as_found(found: Option<&Description>, seen: &hive_metastore::Table, before: &Location) -> Result<bool> {
    let Some(found) = found else { return Ok(false) };
    let columns = seen.columns().map_err(metastore::metastore_error)?;
    let is_same = columns.len() == found.columns.len()
        && columns
            .iter()
            .zip(&found.columns)
            .all(|(seen, (name, hive, _))| seen.name == *name && seen.hive_type == *hive);
    let location = seen.location().map_err(metastore::metastore_error)?;
    let location = location.as_deref().map(Location::parse).transpose()?;
    Ok(is_same && location.is_some_and(|location| is_same_place(&location, before)))
}
