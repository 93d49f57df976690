//! The commit, and whether it happened.

use std::sync::Arc;

use crate::{
    Committed, Error, ErrorKind, Event, JournalEntry, LoadSource, Outcome, Plan, Result, Retry, RunContext,
    Target,
};

use super::Engine;
use super::call::{Connection, repeat, stoppable, within};
use super::files::check_results;
use super::publish::Publish;

/// How a commit ended.
pub(super) enum CommitEnd {
    Done(Committed),
    /// It did not happen, and it can't any more.
    NotDone(Error),
    /// Nobody can tell.
    Unknown(Error),
}

/// Commits. After any error the outcome is looked up on a new session.
pub(super) async fn commit(
    publish: &Publish<'_>,
    plan: &Plan,
    entry: &JournalEntry,
    mut connection: Connection<'_>,
    context: &RunContext,
) -> CommitEnd {
    if let Err(error) = context.check_cancelled() {
        return CommitEnd::NotDone(error);
    }
    let step = plan.commit().step;
    context.emit(&Event::StepStarted { step, title: plan.commit().title.clone() });
    if plan.commit().load == Some(LoadSource::Results) {
        let settings = &publish.engine.settings;
        let checked = repeat!(
            context,
            settings,
            stoppable(context, settings, check_results(context)),
            |attempt, error: &Error| {
                tracing::warn!(attempt, error = %error, "looking at the files again is tried again");
            }
        );
        if let Err(error) = checked {
            return CommitEnd::NotDone(error);
        }
    }
    let committed = match connection.session(context).await {
        // The session itself watches the switch, up to the moment from which a commit can't be stopped. Only the
        // deadline cuts it off from outside.
        Ok(session) => within(context, session.commit(plan.commit(), context)).await,
        Err(error) => return CommitEnd::NotDone(error),
    };
    let error = match committed {
        Ok(committed) => {
            context.emit(&Event::StepFinished { step, rows: committed.row_count });
            connection.close(context).await;
            return CommitEnd::Done(committed);
        }
        Err(error) => error,
    };
    connection.drop_session();
    match find_outcome(publish.engine, publish.target, entry, context).await {
        Ok(Outcome::Done(committed)) => {
            tracing::info!(run = %context.run(), error = %error, "the commit happened although its call failed");
            context.emit(&Event::StepFinished { step, rows: committed.row_count });
            CommitEnd::Done(committed)
        }
        Ok(Outcome::NotDone) => CommitEnd::NotDone(error),
        // Without a journal there is no evidence, but an error that is sure of itself is enough.
        Ok(Outcome::Unknown) if !context.keeps_journal() && error.retry() != Retry::InDoubt => {
            CommitEnd::NotDone(error)
        }
        Ok(Outcome::Unknown) => CommitEnd::Unknown(error),
        Err(second) => CommitEnd::Unknown(error.with_context("and then", second)),
    }
}

/// Fences the attempt of `entry` off and finds out whether it committed: on a new session, with time of its own, as
/// often as it takes.
///
/// # Errors
/// What kept the target from answering.
pub(super) async fn find_outcome(
    engine: &Engine,
    target: &Arc<dyn Target>,
    entry: &JournalEntry,
    context: &RunContext,
) -> Result<Outcome> {
    let context = context.apart(engine.settings.outcome_time);
    let mut connection = Connection::new(target);
    let mut attempt = 1;
    loop {
        let asked = match connection.session(&context).await {
            Ok(session) => within(&context, session.outcome(entry, &context)).await,
            Err(error) => Err(error),
        };
        let error = match asked {
            Ok(outcome) => {
                connection.close(&context).await;
                return Ok(outcome);
            }
            Err(error) => error,
        };
        connection.drop_session();
        attempt += 1;
        let delay = engine.settings.delay_before(attempt);
        let is_final = error.retry() == Retry::Never && error.kind() != ErrorKind::Unavailable;
        if is_final || delay >= context.remaining() {
            return Err(error);
        }
        tokio::time::sleep(delay).await;
    }
}
