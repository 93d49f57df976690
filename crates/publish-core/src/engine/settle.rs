//! What became of an earlier try of the same run.

use crate::{Error, ErrorKind, JournalEntry, Outcome, PendingTidy, Phase, Result, RunContext};

use super::call::{Connection, repeat, within};
use super::commit::find_outcome;
use super::publish::{AttemptStart, Publish};
use super::tidy::tidy_entry;
use super::undo::undo_entry;

/// What the journal says of a run that is about to start.
pub(super) enum Settled {
    /// It may start, with this attempt.
    Fresh(AttemptStart),
    /// It was published before. What could not be tidied then or now is a warning.
    Published(JournalEntry, Vec<Error>),
    /// Nobody can tell.
    InDoubt(JournalEntry, Error),
}

/// Looks the run up and ends what a dead engine left of it.
pub(super) async fn settle(publish: &Publish<'_>) -> Result<Settled> {
    let first = AttemptStart { number: 1, ..AttemptStart::default() };
    if !publish.keeps_journal() || publish.request.run_id.is_none() {
        return Ok(Settled::Fresh(first));
    }
    let Some(entry) = read_entry(publish).await? else { return Ok(Settled::Fresh(first)) };
    if entry.record.digest != publish.digest {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "This run id was used for another request; give a new id, or send the same request again",
        )
        .with_context("run", &entry.record.run)
        .with_context("table", &entry.record.table));
    }
    match entry.phase {
        Phase::Published => Ok(published(publish, entry).await),
        Phase::Prepared if entry.is_held => Err(busy(&entry)),
        Phase::Prepared => take_over(publish, entry).await,
        Phase::Abandoned | Phase::RolledBack => Ok(start_again(publish, &entry).await),
    }
}

async fn read_entry(publish: &Publish<'_>) -> Result<Option<JournalEntry>> {
    let context = &publish.context;
    let settings = &publish.engine.settings;
    let mut connection = Connection::new(publish.target);
    let entry = repeat!(context, settings, read_once(&mut connection, context), |attempt, error: &Error| {
        tracing::warn!(attempt, error = %error, "reading the journal is tried again");
    });
    connection.close(context).await;
    entry
}

async fn read_once(connection: &mut Connection<'_>, context: &RunContext) -> Result<Option<JournalEntry>> {
    let read = match connection.session(context).await {
        Ok(session) => within(context, session.journal().read(context.run())).await,
        Err(error) => Err(error),
    };
    if read.is_err() {
        connection.drop_session();
    }
    read
}

/// The engine that ran the latest attempt is dead: fence the attempt off, then go by what it left.
async fn take_over(publish: &Publish<'_>, entry: JournalEntry) -> Result<Settled> {
    let context = publish.context.at_attempt(entry.record.attempt);
    match find_outcome(publish.engine, publish.target, &entry, &context).await {
        Ok(Outcome::Done(committed)) => {
            let entry = entry.with_rows_published(committed.row_count);
            Ok(published(publish, entry).await)
        }
        Ok(Outcome::NotDone) => Ok(start_again(publish, &entry).await),
        Ok(Outcome::Unknown) => {
            let error = in_doubt(&entry);
            Ok(Settled::InDoubt(entry, error))
        }
        Err(error) => {
            let error = in_doubt(&entry).with_source(error);
            Ok(Settled::InDoubt(entry, error))
        }
    }
}

async fn published(publish: &Publish<'_>, entry: JournalEntry) -> Settled {
    // Closing takes the target's write lock on some targets, and would wait there behind a long load.
    let is_due = |tidy: &PendingTidy| tidy.after_seconds <= entry.age_seconds;
    if entry.is_closed && !entry.record.tidy.iter().any(is_due) {
        return Settled::Published(entry, Vec::new());
    }
    let leftovers = tidy_entry(publish.engine, publish.target, &entry, &publish.context).await;
    Settled::Published(entry, leftovers)
}

/// Undoes what the earlier attempt left; what can't be undone is carried along in the next attempt's entry.
async fn start_again(publish: &Publish<'_>, entry: &JournalEntry) -> Settled {
    let context = publish.context.at_attempt(entry.record.attempt);
    let undone = undo_entry(publish.engine, publish.target, entry, &context).await;
    Settled::Fresh(AttemptStart {
        number: entry.record.attempt + 1,
        table: Some(entry.record.table.clone()),
        carried: undone.remaining,
    })
}

fn busy(entry: &JournalEntry) -> Error {
    Error::new(
        ErrorKind::Busy,
        "Another engine is working on this run; wait for it, or until its lease has run out",
    )
    .with_context("run", &entry.record.run)
    .with_context("table", &entry.record.table)
}

/// The error of a run of which nobody can tell whether it was published.
pub(super) fn in_doubt(entry: &JournalEntry) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "The commit may or may not have happened, and the target can't tell; look at the table, then publish under a \
         new run id if the rows are not there",
    )
    .with_context("run", &entry.record.run)
    .with_context("table", &entry.record.table)
}
