//! Files that are renamed into a table's directory one after the other.
//!
//! The first decides: whoever takes it away from the staging folder wins. Once it is in the table the others follow, moved by
//! the run itself or by whoever finds it dead.

use std::sync::Arc;

use publish_core::{Error, ErrorKind, Location, Result, Retry, RunContext, Storage, Storages, TableName};

use super::act::Act;
use super::append::{MAX_MOVES, refused};
use super::note::{Note, is_same_place};
use super::outcome::{Evidence, LOOK_AGAIN, LOOKS};
use crate::files::fenced;
use crate::session::{HiveSession, file_names, stale};
use crate::table::HiveTable;

/// The staged files of an append.
#[derive(Clone, Copy, Debug)]
pub(super) struct StagedFiles<'a> {
    pub(super) folder: &'a Location,
    pub(super) first: &'a str,
    pub(super) stem: &'a str,
}

impl StagedFiles<'_> {
    /// The names of those that are in `directory`, in order.
    async fn names(&self, storages: &Storages, directory: &Location) -> Result<Vec<String>> {
        let names = file_names(storages, directory, usize::MAX).await?.unwrap_or_default();
        let begins = format!("{}-", self.stem);
        let mut names: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(&begins) && !name.ends_with(".fenced"))
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Renames the staged files into the table's directory. Where somebody replaced the table meanwhile all are taken back, and
/// renamed into the new directory.
pub(super) async fn append_many(
    session: &mut HiveSession,
    act: &Act<'_>,
    staged: StagedFiles<'_>,
) -> Result<()> {
    let table = &act.commit.table;
    let mut into = match act.found {
        Some(found) => HiveTable::of(found)?.location(table)?.clone(),
        None => return Err(stale("The table is not there any more").with_context("table", table)),
    };
    let storage = Arc::clone(session.storages.at(staged.folder)?);
    for _ in 0..MAX_MOVES {
        act.note(session, &Note::Appending { into: into.clone() }).await?;
        let names = staged.names(&session.storages, staged.folder).await?;
        let inside = into.join(staged.first)?;
        let moved = storage.rename(&staged.folder.join(staged.first)?, &inside).await;
        moved.map_err(|error| refused(error, &inside))?;
        // From here on the rows are being published, and nothing but the end of it is a good end.
        for name in names.iter().filter(|name| *name != staged.first) {
            let moved = move_in(&storage, &staged.folder.join(name)?, &into.join(name)?).await;
            moved.map_err(|error| error.with_retry(Retry::InDoubt).with_context("file", name))?;
        }
        let now = match act.look(session).await? {
            Some(description) => HiveTable::of(&description)?.location,
            None => None,
        };
        if now.as_ref().is_some_and(|now| is_same_place(now, &into)) {
            return Ok(());
        }
        take_back(&storage, &names, &into, staged, None)
            .await
            .map_err(|error| error.with_retry(Retry::InDoubt))?;
        into = now.ok_or_else(|| {
            stale("The table was dropped while rows were added").with_context("table", table)
        })?;
    }
    Err(Error::new(ErrorKind::Busy, "The table is replaced again and again by others; try later")
        .with_retry(Retry::Safe)
        .with_context("table", table))
}

/// Renames a file, unless somebody has done so already.
async fn move_in(storage: &Arc<dyn Storage>, from: &Location, to: &Location) -> Result<()> {
    match storage.rename(from, to).await {
        Err(error) if error.kind() == ErrorKind::NotFound && storage.head(to).await.is_ok() => Ok(()),
        moved => moved,
    }
}

/// Renames files out of a directory that the table has no more: the first one last, to `first_to` where that is given.
async fn take_back(
    storage: &Arc<dyn Storage>,
    names: &[String],
    from: &Location,
    staged: StagedFiles<'_>,
    first_to: Option<&Location>,
) -> Result<()> {
    for name in names.iter().filter(|name| *name != staged.first) {
        move_in(storage, &from.join(name)?, &staged.folder.join(name)?).await?;
    }
    let first = staged.folder.join(staged.first)?;
    move_in(storage, &from.join(staged.first)?, first_to.unwrap_or(&first)).await
}

/// Renames the first staged file away, so that none can get into the table any more; or finds it there, and the others their
/// way to it.
pub(super) async fn settle(
    session: &mut HiveSession,
    table: &TableName,
    staged: StagedFiles<'_>,
    notes: &[Note],
    run: &RunContext,
) -> Result<Evidence> {
    let storage = Arc::clone(session.storages.at(staged.folder)?);
    let first = staged.folder.join(staged.first)?;
    let away = fenced(&first)?;
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        match storage.rename(&first, &away).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            fenced => return fenced.map(|()| Evidence::Untouched),
        }
        let location = location_of(session, table, run).await?;
        if let Some(location) = &location
            && is_there(&storage, &location.join(staged.first)?).await?
        {
            for name in staged.names(&session.storages, staged.folder).await? {
                move_in(&storage, &staged.folder.join(&name)?, &location.join(&name)?).await?;
            }
            let now = location_of(session, table, run).await?;
            let is_same = now.is_some_and(|now| is_same_place(&now, location));
            return Ok(if is_same { Evidence::Done } else { Evidence::Unclear });
        }
        // In a directory that somebody replaced before the attempt was sure of it, nobody reads the files.
        for note in notes {
            let Note::Appending { into } = note else { continue };
            let is_read = location.as_ref().is_some_and(|location| is_same_place(location, into));
            if !is_read && is_there(&storage, &into.join(staged.first)?).await? {
                let names = staged.names(&session.storages, into).await?;
                take_back(&storage, &names, into, staged, Some(&away)).await?;
                return Ok(Evidence::Untouched);
            }
        }
        // An earlier look, whose engine died before it wrote it down.
        if is_there(&storage, &away).await? {
            return Ok(Evidence::Untouched);
        }
    }
    Ok(Evidence::Unclear)
}

async fn location_of(
    session: &mut HiveSession,
    table: &TableName,
    run: &RunContext,
) -> Result<Option<Location>> {
    match session.describe(table, run).await? {
        Some(description) => Ok(HiveTable::of(&description)?.location),
        None => Ok(None),
    }
}

async fn is_there(storage: &Arc<dyn Storage>, at: &Location) -> Result<bool> {
    match storage.head(at).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
