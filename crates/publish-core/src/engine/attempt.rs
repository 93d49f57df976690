//! One try of a run: plan, begin, prepare, commit, and what follows from it.

use crate::{
    Artifact, AttemptRecord, Error, ErrorKind, Event, JournalEntry, PendingTidy, Phase, Plan, Result,
    ResultSet, Retry, RunContext, TableName,
};

use super::call::{Connection, within};
use super::commit::{CommitEnd, commit};
use super::lease::holding_lease;
use super::prepare::prepare;
use super::publish::{AttemptStart, Publish};
use super::tidy::tidy_plan;
use super::undo::{fence_off, undo_entry};

/// How a try ended.
pub(super) enum AttemptEnd {
    /// Before anything was begun.
    Refused(Error),
    /// It is published.
    Published { table: TableName, rows: Option<u64>, leftovers: Vec<Error>, notes: Vec<String> },
    /// It is not published, and fenced off; what it made was removed but for `carried`, which `leftovers` explain.
    RolledBack {
        table: TableName,
        error: Error,
        leftovers: Vec<Error>,
        carried: Vec<Artifact>,
        notes: Vec<String>,
    },
    /// Nobody can tell.
    InDoubt { table: TableName, error: Error, notes: Vec<String> },
}

/// Tries once.
pub(super) async fn attempt(
    publish: &Publish<'_>,
    results: &ResultSet,
    start: &AttemptStart,
    context: &RunContext,
) -> AttemptEnd {
    let mut connection = Connection::new(publish.target);
    if let Err(error) = publish.recover(&mut connection, context).await {
        return AttemptEnd::Refused(error);
    }
    let plan = match publish.plan(results, start, &mut connection, context).await {
        Ok(plan) => plan,
        Err(error) => return AttemptEnd::Refused(error),
    };
    context.emit(&Event::RunPlanned { plan: Box::new(plan.clone()) });
    if let Err(error) = context.check_cancelled() {
        return AttemptEnd::Refused(error);
    }
    let record = record(publish, &plan, start);
    let entry = JournalEntry::new(record, Phase::Prepared, true);
    if publish.keeps_journal()
        && let Err(error) = begin(&mut connection, &entry.record, context).await
    {
        if error.retry() != Retry::InDoubt {
            return AttemptEnd::Refused(error);
        }
        // The entry may be there: end it like an attempt that failed.
        return roll_back(publish, &entry, plan.notes(), error, context).await;
    }
    context.emit(&Event::RunStarted { attempt: start.number, step_count: plan.step_count() });
    let settings = &publish.engine.settings;
    let work = Box::pin(carry_out(publish, &plan, &entry, connection, context));
    match holding_lease(publish.target, context, settings, work).await {
        WorkEnd::Committed(rows, warning) => {
            let mut leftovers = tidy_plan(publish, &plan, &start.carried, &entry, context).await;
            leftovers.splice(..0, context.take_warnings().into_iter().chain(warning));
            AttemptEnd::Published { table: entry.record.table, rows, leftovers, notes: plan.notes().to_vec() }
        }
        WorkEnd::Failed(error) => roll_back(publish, &entry, plan.notes(), error, context).await,
        WorkEnd::Unknown(error) => {
            let doubt = super::settle::in_doubt(&entry).with_source(error);
            AttemptEnd::InDoubt { table: entry.record.table, error: doubt, notes: plan.notes().to_vec() }
        }
    }
}

enum WorkEnd {
    /// With the rows, and a warning if the target counted others than the files hold.
    Committed(Option<u64>, Option<Error>),
    /// The commit did not happen and can't any more, or was never sent.
    Failed(Error),
    Unknown(Error),
}

async fn carry_out(
    publish: &Publish<'_>,
    plan: &Plan,
    entry: &JournalEntry,
    mut connection: Connection<'_>,
    context: &RunContext,
) -> WorkEnd {
    let context = match Box::pin(prepare(publish, plan, &mut connection, context)).await {
        Ok(context) => context,
        Err(error) => return WorkEnd::Failed(error),
    };
    let committing = context.at_step(plan.commit().step);
    match Box::pin(commit(publish, plan, entry, connection, &committing)).await {
        CommitEnd::Done(committed) => {
            let rows = committed.row_count;
            let warning = match (rows, context.expected_rows()) {
                (Some(rows), Some(expected)) if rows != expected && plan.commit().kind.loads_rows() => {
                    let message = "The target counts other rows than the files hold; look at the table";
                    Some(
                        Error::new(ErrorKind::Unexpected, message)
                            .with_context("loaded", rows)
                            .with_context("files hold", expected),
                    )
                }
                _ => None,
            };
            WorkEnd::Committed(rows, warning)
        }
        CommitEnd::NotDone(error) => WorkEnd::Failed(error.with_context("step", &plan.commit().title)),
        CommitEnd::Unknown(error) => WorkEnd::Unknown(error),
    }
}

async fn begin(connection: &mut Connection<'_>, record: &AttemptRecord, context: &RunContext) -> Result<()> {
    let session = connection.session(context).await?;
    within(context, session.journal().begin(record)).await
}

/// Fences the attempt off, so that nothing of it can still arrive, then removes what it made.
async fn roll_back(
    publish: &Publish<'_>,
    entry: &JournalEntry,
    notes: &[String],
    error: Error,
    context: &RunContext,
) -> AttemptEnd {
    let mut leftovers = Vec::new();
    if publish.keeps_journal()
        && let Err(error) = fence_off(publish.engine, publish.target, entry, context).await
    {
        leftovers.push(error.with_context("left", "the run's journal entry"));
    }
    let undone = undo_entry(publish.engine, publish.target, entry, context).await;
    leftovers.extend(undone.errors);
    AttemptEnd::RolledBack {
        table: entry.record.table.clone(),
        error,
        leftovers,
        carried: undone.remaining,
        notes: notes.to_vec(),
    }
}

fn record(publish: &Publish<'_>, plan: &Plan, start: &AttemptStart) -> AttemptRecord {
    let made = plan.prepare().iter().flat_map(|step| &step.makes);
    let tidied = plan.tidy().iter().map(|tidy| PendingTidy::new(tidy.artifact.clone(), tidy.after.as_secs()));
    let carried = start.carried.iter().map(|artifact| PendingTidy::new(artifact.clone(), 0));
    AttemptRecord {
        run: plan.run().clone(),
        attempt: start.number,
        digest: publish.digest.clone(),
        action: plan.action().clone(),
        kind: plan.commit().kind.to_string(),
        table: plan.table().clone(),
        // What earlier tries left is removed whether this one is undone or published.
        artifacts: start.carried.iter().chain(made).cloned().collect(),
        tidy: tidied.chain(carried).collect(),
        detail: plan.commit().detail.clone(),
        file_count: plan.results().file_count,
        row_count: plan.results().row_count,
    }
}
