//! The steps before the commit.

use crate::{
    Error, ErrorKind, Event, LoadSource, Plan, Prepare, PrepareWork, Prepared, Result, Retry, RunContext,
};

use super::call::{Connection, repeat, stoppable};
use super::files::check_results;
use super::publish::Publish;
use super::stage::{check_rows, stage_files};

/// Carries out every step before the commit, and answers the context with what was counted on the way.
pub(super) async fn prepare(
    publish: &Publish<'_>,
    plan: &Plan,
    connection: &mut Connection<'_>,
    context: &RunContext,
) -> Result<RunContext> {
    let settings = &publish.engine.settings;
    let mut context = context.clone();
    for step in plan.prepare() {
        let at = context.at_step(step.step);
        at.check_cancelled()?;
        at.emit(&Event::StepStarted { step: step.step, title: step.title.clone() });
        let prepared =
            repeat!(at, settings, prepare_once(publish, step, connection, &at), |attempt, error: &Error| {
                let error = error.to_string();
                at.emit(&Event::StepRetried { step: step.step, attempt, error });
            })
            .map_err(|error| error.with_context("step", &step.title))?;
        check_rows(&prepared, context.expected_rows())?;
        if context.expected_rows().is_none() {
            context = context.with_expected_rows(prepared.row_count);
        }
        at.emit(&Event::StepFinished { step: step.step, rows: prepared.row_count });
        context.keep_prepared(step.step, prepared);
    }
    Ok(context)
}

async fn prepare_once(
    publish: &Publish<'_>,
    step: &Prepare,
    connection: &mut Connection<'_>,
    context: &RunContext,
) -> Result<Prepared> {
    let settings = &publish.engine.settings;
    if let PrepareWork::StageTable(work) = &step.work
        && work.load == LoadSource::Results
    {
        stoppable(context, settings, check_results(context)).await?;
    }
    let prepared = match &step.work {
        PrepareWork::StageFiles(stage) => {
            let staging = stage_files(stage, &publish.engine.registry, context);
            stoppable(context, settings, staging).await
        }
        PrepareWork::StageTable(_) | PrepareWork::Custom { .. } => match connection.session(context).await {
            Ok(session) => stoppable(context, settings, session.prepare(step, context)).await,
            Err(error) => Err(error),
        },
    };
    prepared.map_err(|error| {
        connection.drop_session();
        // Nothing of a step before the commit is seen by readers, and its next try removes what this one left.
        let is_lost = error.retry() == Retry::InDoubt && error.kind() != ErrorKind::TimedOut;
        if is_lost { error.with_retry(Retry::Safe) } else { error }
    })
}
