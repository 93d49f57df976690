//! Putting back what an attempt made.

use std::sync::Arc;

use crate::{Artifact, Error, Event, JournalEntry, PendingTidy, Result, RunContext, StepId, Target};

use super::Engine;
use super::call::{Connection, repeat, within};
use super::stage::remove_files;

/// What an undo could not remove.
#[derive(Debug, Default)]
pub(super) struct Undone {
    pub(super) remaining: Vec<Artifact>,
    pub(super) errors: Vec<Error>,
}

/// Makes sure that the attempt of `entry` can't commit any more, where it is known that it never did.
pub(super) async fn fence_off(
    engine: &Engine,
    target: &Arc<dyn Target>,
    entry: &JournalEntry,
    context: &RunContext,
) -> Result<()> {
    let context = context.apart(engine.settings.outcome_time);
    let settings = &engine.settings;
    let mut connection = Connection::new(target);
    let record = &entry.record;
    let fenced = repeat!(
        context,
        settings,
        async {
            let session = connection.session(&context).await?;
            let fenced = within(&context, session.journal().fence(&record.run, record.attempt)).await;
            if fenced.is_err() {
                connection.drop_session();
            }
            fenced
        },
        |attempt, error: &Error| tracing::warn!(attempt, error = %error, "fencing an attempt off is tried again")
    );
    connection.close(&context).await;
    fenced.map(|_| ())
}

/// Removes what the attempt of `entry` made, the latest first, on a session and with time of its own. Goes on past what
/// can't be removed, and writes that into the journal.
pub(super) async fn undo_entry(
    engine: &Engine,
    target: &Arc<dyn Target>,
    entry: &JournalEntry,
    context: &RunContext,
) -> Undone {
    let context = context.apart(engine.settings.undo_time);
    let mut connection = Connection::new(target);
    let mut undone = Undone::default();
    for (index, artifact) in entry.record.artifacts.iter().enumerate().rev() {
        match remove(engine, artifact, Removal::Undo, &mut connection, &context).await {
            Ok(()) => context.emit(&Event::StepUndone { step: StepId(index as u16 + 1) }),
            Err(error) => {
                undone.errors.push(error.with_context("left", artifact));
                undone.remaining.insert(0, artifact.clone());
            }
        }
    }
    if context.keeps_journal()
        && let Err(error) = close_entry(&mut connection, entry, &undone.remaining, &[], &context).await
    {
        undone.errors.push(error.with_context("left", "the run's journal entry"));
    }
    connection.close(&context).await;
    undone
}

/// Ends the entry's run in the journal, with what is still pending.
pub(super) async fn close_entry(
    connection: &mut Connection<'_>,
    entry: &JournalEntry,
    remaining: &[Artifact],
    pending: &[PendingTidy],
    context: &RunContext,
) -> Result<()> {
    let session = connection.session(context).await?;
    let record = &entry.record;
    within(context, session.journal().close(&record.run, record.attempt, remaining, pending)).await
}

/// Why something is removed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Removal {
    /// The attempt that made it failed.
    Undo,
    /// The run is published and no longer needs it.
    Tidy,
}

/// Removes one artifact, and tries again while that is safe. Files are the engine's, everything else the target's.
pub(super) async fn remove(
    engine: &Engine,
    artifact: &Artifact,
    removal: Removal,
    connection: &mut Connection<'_>,
    context: &RunContext,
) -> Result<()> {
    let settings = &engine.settings;
    repeat!(
        context,
        settings,
        async {
            if let Artifact::Files { folder } = artifact {
                return within(context, remove_files(folder, engine.registry.storages())).await;
            }
            let session = connection.session(context).await?;
            let removed = match removal {
                Removal::Undo => within(context, session.undo(artifact, context)).await,
                Removal::Tidy => within(context, session.tidy(artifact, context)).await,
            };
            if removed.is_err() {
                connection.drop_session();
            }
            removed
        },
        |attempt, error: &Error| tracing::warn!(attempt, error = %error, "removing is tried again")
    )
}
