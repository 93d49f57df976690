//! A table that appears.

use publish_core::{Error, ErrorKind, Location, Result, Retry};

use super::act::Act;
use super::note::{Note, is_same_place};
use crate::ddl;
use crate::session::{HiveSession, Stop, stale};
use crate::table::{Description, HiveTable, TableKind};

/// Makes an external table over a directory.
pub(super) async fn create_external(
    session: &mut HiveSession,
    act: &Act<'_>,
    directory: &Location,
) -> Result<()> {
    let description = appear(session, act).await?;
    let table = HiveTable::of(&description)?;
    let is_there = table.location.as_ref().is_some_and(|location| is_same_place(location, directory));
    if is_there && table.kind.is_plain() {
        return Ok(());
    }
    // The server made something else of it. Nobody has had the time to use it.
    take_back(session, act).await?;
    Err(Error::new(
        ErrorKind::Unsupported,
        "Hive did not make the table over the directory that it was given; look at hooks and settings of the server",
    )
    .with_context("table", &act.commit.table)
    .with_context("it made", &table.kind)
    .with_context("location", table.location.map_or_else(String::new, |location| location.to_string())))
}

/// Makes an insert-only table without rows.
pub(super) async fn create_insert_only(session: &mut HiveSession, act: &Act<'_>) -> Result<()> {
    let kind = HiveTable::of(&appear(session, act).await?)?.kind;
    if kind == TableKind::InsertOnly {
        return Ok(());
    }
    take_back(session, act).await?;
    Err(no_insert_only(&kind))
}

/// Gives a table that was made and loaded beside its name.
pub(super) async fn rename(session: &mut HiveSession, act: &Act<'_>) -> Result<()> {
    appear(session, act).await.map(drop)
}

/// The error of a server that keeps no insert-only tables.
pub(crate) fn no_insert_only(kind: &TableKind) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "The server keeps no insert-only tables; set `table_kind` to external, or switch its transactions on",
    )
    .with_context("it made", kind)
}

/// Sends the statement, and answers the table that is there then: the one of this attempt.
async fn appear(session: &mut HiveSession, act: &Act<'_>) -> Result<Description> {
    let sent = act.send(session, &Note::Sending).await;
    if let Err(error) = &sent
        && error.retry() == Retry::InDoubt
    {
        return sent.map(|()| Description::default());
    }
    match (act.look(session).await?, sent) {
        (Some(description), _) if act.made(&description) => Ok(description),
        (Some(_), Err(error)) => Err(stale("The table was made by somebody else meanwhile")
            .with_context("table", &act.commit.table)
            .with_source(error)),
        (None, Err(error)) => Err(error),
        // It was there, and somebody dropped or replaced it at once.
        (_, Ok(())) => {
            Err(Error::new(ErrorKind::Unexpected, "The table was made, and is not there any more")
                .with_retry(Retry::InDoubt)
                .with_context("table", &act.commit.table))
        }
    }
}

/// Drops the table, and leaves its files: they may be the job's own, and are removed or put back by the undo.
async fn take_back(session: &mut HiveSession, act: &Act<'_>) -> Result<()> {
    for statement in [ddl::keep_files(&act.commit.table), ddl::drop_table(&act.commit.table)] {
        let ran = session.server.run(&statement, None, Stop::Never, act.run).await;
        ran.map_err(|error| error.with_retry(Retry::InDoubt))?;
    }
    Ok(())
}
