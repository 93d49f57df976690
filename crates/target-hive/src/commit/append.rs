//! A file that is renamed into a table's directory.

use std::sync::Arc;

use publish_core::{Error, ErrorKind, Location, Result, Retry};

use super::act::Act;
use super::note::{Note, is_same_place};
use crate::session::{HiveSession, stale};
use crate::table::HiveTable;

/// How often a table may be replaced by others while a file gets into it.
pub(super) const MAX_MOVES: usize = 16;

/// Renames the staged `file` into the table's directory. Where somebody replaced the table meanwhile the file is taken
/// back, and renamed into the new directory.
pub(super) async fn append(
    session: &mut HiveSession,
    act: &Act<'_>,
    file: &Location,
    name: &str,
) -> Result<()> {
    let mut into = match act.found {
        Some(found) => HiveTable::of(found)?.location(&act.commit.table)?.clone(),
        None => return Err(stale("The table is not there any more").with_context("table", &act.commit.table)),
    };
    let storage = Arc::clone(session.storages.at(file)?);
    for _ in 0..MAX_MOVES {
        act.note(session, &Note::Appending { into: into.clone() }).await?;
        let inside = into.join(name)?;
        storage.rename(file, &inside).await.map_err(|error| refused(error, &inside))?;
        let now = match act.look(session).await? {
            Some(description) => HiveTable::of(&description)?.location,
            None => None,
        };
        if now.as_ref().is_some_and(|now| is_same_place(now, &into)) {
            return Ok(());
        }
        // Readers of the table do not see the file where it is.
        let taken_back = storage.rename(&inside, file).await;
        taken_back.map_err(|error| error.with_retry(Retry::InDoubt).with_context("file", &inside))?;
        into = now.ok_or_else(|| {
            stale("The table was dropped while rows were added").with_context("table", &act.commit.table)
        })?;
    }
    Err(Error::new(ErrorKind::Busy, "The table is replaced again and again by others; try later")
        .with_retry(Retry::Safe)
        .with_context("table", &act.commit.table))
}

pub(super) fn refused(error: Error, inside: &Location) -> Error {
    match error.kind() {
        ErrorKind::NotFound => stale("The staged file is gone, or the table's directory").with_source(error),
        ErrorKind::AlreadyExists => Error::new(
            ErrorKind::InvalidRequest,
            "The table still has a file of an earlier run of this id; give a new run id",
        )
        .with_context("file", inside)
        .with_source(error),
        // A rename is one act, but its answer can be lost.
        ErrorKind::Unavailable | ErrorKind::TimedOut => error.with_retry(Retry::InDoubt),
        _ => error,
    }
}
