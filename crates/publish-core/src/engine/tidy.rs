//! What follows a commit.

use std::sync::Arc;

use crate::{Artifact, Error, Event, JournalEntry, PendingTidy, Plan, RunContext, Target};

use super::Engine;
use super::call::Connection;
use super::publish::Publish;
use super::undo::{Removal, close_entry, remove};

/// Tidies up after the commit of `plan`, and what earlier tries left (`carried`). What fails is a warning, and left to `sweep`; so is what must wait.
pub(super) async fn tidy_plan(
    publish: &Publish<'_>,
    plan: &Plan,
    carried: &[Artifact],
    entry: &JournalEntry,
    context: &RunContext,
) -> Vec<Error> {
    let context = context.apart(publish.engine.settings.undo_time);
    let mut connection = Connection::new(publish.target);
    let mut errors = Vec::new();
    let mut pending = Vec::new();
    for step in plan.tidy() {
        if !step.after.is_zero() {
            pending.push(PendingTidy::new(step.artifact.clone(), step.after.as_secs()));
            continue;
        }
        let at = context.at_step(step.step);
        at.emit(&Event::StepStarted { step: step.step, title: step.title.clone() });
        match remove(publish.engine, &step.artifact, Removal::Tidy, &mut connection, &at).await {
            Ok(()) => at.emit(&Event::StepFinished { step: step.step, rows: None }),
            Err(error) => {
                errors.push(error.with_context("step", &step.title).with_context("left", &step.artifact));
                pending.push(PendingTidy::new(step.artifact.clone(), 0));
            }
        }
    }
    for artifact in carried {
        if let Err(error) = remove(publish.engine, artifact, Removal::Tidy, &mut connection, &context).await {
            errors.push(error.with_context("left", artifact));
            pending.push(PendingTidy::new(artifact.clone(), 0));
        }
    }
    if context.keeps_journal()
        && let Err(error) = close_entry(&mut connection, entry, &[], &pending, &context).await
    {
        errors.push(error.with_context("left", "the run's journal entry"));
    }
    connection.close(&context).await;
    errors
}

/// Tidies what the entry of a published run still has pending and due.
pub(super) async fn tidy_entry(
    engine: &Engine,
    target: &Arc<dyn Target>,
    entry: &JournalEntry,
    context: &RunContext,
) -> Vec<Error> {
    let context = context.apart(engine.settings.undo_time);
    let mut connection = Connection::new(target);
    let mut errors = Vec::new();
    let mut pending = Vec::new();
    for tidy in &entry.record.tidy {
        // Closing the entry starts its age anew: what has to wait still waits for what is left.
        let left = tidy.after_seconds.saturating_sub(entry.age_seconds);
        if left > 0 {
            pending.push(PendingTidy::new(tidy.artifact.clone(), left));
            continue;
        }
        if let Err(error) = remove(engine, &tidy.artifact, Removal::Tidy, &mut connection, &context).await {
            errors.push(error.with_context("left", &tidy.artifact));
            pending.push(PendingTidy::new(tidy.artifact.clone(), 0));
        }
    }
    if let Err(error) = close_entry(&mut connection, entry, &[], &pending, &context).await {
        errors.push(error.with_context("left", "the run's journal entry"));
    }
    connection.close(&context).await;
    errors
}
