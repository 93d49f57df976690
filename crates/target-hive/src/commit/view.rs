//! A view that shows another table.

use publish_core::{Error, ErrorKind, Result, Retry, TableName};

use super::act::Act;
use super::note::Note;
use super::outcome::Evidence;
use crate::plan::{VERSION_PROPERTY, version_value};
use crate::session::{HiveSession, stale};
use crate::table::{Description, SHOWN_PROPERTY};

/// Sends the statement that makes the view, or makes it show the new table.
pub(super) async fn show(session: &mut HiveSession, act: &Act<'_>, before: Option<&TableName>) -> Result<()> {
    let shown = act.found.and_then(|found| found.parameter(SHOWN_PROPERTY));
    if shown != before.map(|before| before.name.as_str()) {
        return Err(stale("The view was made to show another table meanwhile")
            .with_context("view", &act.commit.table));
    }
    let sent = act.send(session, &Note::Sending).await;
    if let Err(error) = &sent
        && error.retry() == Retry::InDoubt
    {
        return sent;
    }
    match (act.look(session).await?, sent) {
        (Some(description), _) if act.made(&description) => Ok(()),
        (Some(_), Err(error)) if before.is_none() => {
            Err(stale("The name was taken by somebody else meanwhile")
                .with_context("view", &act.commit.table)
                .with_source(error))
        }
        (_, Err(error)) => Err(error),
        // Somebody's newer commit has replaced this one already.
        (Some(_), Ok(())) => Ok(()),
        (None, Ok(())) => {
            Err(Error::new(ErrorKind::Unexpected, "The view was made, and is not there any more")
                .with_retry(Retry::InDoubt)
                .with_context("view", &act.commit.table))
        }
    }
}

/// What the view says of an attempt.
pub(super) fn evidence(
    description: &Description,
    record: &publish_core::AttemptRecord,
    before: Option<&TableName>,
) -> Evidence {
    let ours = version_value(&record.run, record.attempt);
    if description.parameter(VERSION_PROPERTY) == Some(ours.as_str()) {
        return Evidence::Done;
    }
    let shown = description.parameter(SHOWN_PROPERTY);
    let is_as_found = before.is_some_and(|before| shown == Some(before.name.as_str()));
    if is_as_found { Evidence::Untouched } else { Evidence::Unclear }
}
