//! A table that is pointed to other files.

use publish_core::{Error, ErrorKind, Location, Result, Retry, Storages};

use super::act::Act;
use super::note::{Note, Replaced, is_same_place};
use crate::session::{HiveSession, file_names};
use crate::table::{HiveTable, is_version_directory};

/// Files of a directory that are noted, to be deleted later. Of more none is: they are left.
const MAX_NOTED: usize = 10_000;

/// Points the table to `directory`.
pub(super) async fn relocate(session: &mut HiveSession, act: &Act<'_>, directory: &Location) -> Result<()> {
    let replaced = what_is_replaced(&session.storages, act).await?;
    let before = replaced.before.clone();
    let sent = act.send(session, &Note::Replacing(replaced)).await;
    if let Err(error) = &sent
        && error.retry() == Retry::InDoubt
    {
        return sent;
    }
    let location = match act.look(session).await? {
        Some(description) => HiveTable::of(&description)?.location,
        None => None,
    };
    let is_at = |wanted: &Location| location.as_ref().is_some_and(|location| is_same_place(location, wanted));
    match sent {
        Ok(()) if is_at(&before) && !is_same_place(&before, directory) => Err(Error::new(
            ErrorKind::Unexpected,
            "Hive says that the table was pointed to its new files, and it was not",
        )
        .with_retry(Retry::InDoubt)
        .with_context("table", &act.commit.table)),
        // Elsewhere: somebody's newer commit has replaced this one already.
        Ok(()) => Ok(()),
        Err(_) if is_at(directory) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where the table's files are now; and which they are, where no publish made their directory and DROP would delete them.
pub(super) async fn what_is_replaced(storages: &Storages, act: &Act<'_>) -> Result<Replaced> {
    let Some(found) = act.found else {
        return Err(Error::new(
            ErrorKind::Unexpected,
            "The plan does not say that the table must be unchanged",
        ));
    };
    let table = HiveTable::of(found)?;
    let before = table.location(&act.commit.table)?.clone();
    let mut files = Vec::new();
    if table.purge && !is_version_directory(&before) && act.run.keeps_journal() {
        files = file_names(storages, &before, MAX_NOTED).await?.unwrap_or_else(|| {
            tracing::warn!(directory = %before, "too many files were replaced: they are left");
            Vec::new()
        });
    }
    Ok(Replaced { before, files })
}
