//! What is left of runs that were not published.

use std::sync::Arc;

use publish_core::action::Load;
use publish_core::{Artifact, Cancel, ErrorKind, Event, EventSink, Phase, Retry, RunId, RunOutcome, StepId};

use super::TargetFixture;
use super::scene::Scene;
use crate::Checked;
use crate::faults::{Call, Fault};

/// A run whose commit fails leaves the table as it was and nothing beside it.
///
/// # Errors
/// That it changes the table, or leaves something.
pub async fn a_failed_run_leaves_nothing(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_failed_run_leaves_nothing", fixture).await?;
    let before = scene.contents().await?;
    scene.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, Retry::Never));
    let report = scene.publish(&scene.request("suite_failed", Load::NAME, 5..=9)?).await?;
    scene.rule.same("the outcome", &report.outcome, &RunOutcome::RolledBack)?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)?;
    scene.has_rows(1..=4).await?;
    let entry = scene.entry(&report.run).await?.map(|entry| entry.phase);
    scene.rule.same("the phase", &entry, &Some(Phase::RolledBack))
}

/// A run that is cancelled as it comes to its commit leaves nothing, unless the commit went through.
///
/// # Errors
/// That it leaves something, or a part of its rows.
pub async fn a_cancelled_run_leaves_nothing(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_cancelled_run_leaves_nothing", fixture).await?;
    let before = scene.contents().await?;
    let request = scene.request("suite_cancelled", Load::NAME, 5..=9)?;
    let plan = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
    let cancel = Cancel::default();
    let events = Arc::new(CancelAt { step: plan.commit().step, cancel: cancel.clone() });
    let report = scene.publish_with(&request, events, &cancel).await?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)?;
    match report.outcome {
        RunOutcome::Published => scene.has_rows(1..=9).await,
        outcome => {
            scene.rule.same("the outcome", &outcome, &RunOutcome::RolledBack)?;
            scene.has_rows(1..=4).await
        }
    }
}

/// Undoing a step that never started succeeds, and again.
///
/// # Errors
/// That it fails.
pub async fn undo_is_safe_where_the_step_never_started(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("undo_is_safe_where_the_step_never_started", fixture).await?;
    let request = scene.request("suite_unstarted", Load::NAME, 5..=9)?;
    let plan = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
    let context = scene.context(plan.run());
    let mut session = scene.rule.works("connecting", scene.target.connect(&context).await)?;
    let made = plan.prepare().iter().flat_map(|step| &step.makes);
    for artifact in made.filter(|artifact| !matches!(artifact, Artifact::Files { .. })) {
        for _ in 0..2 {
            scene.rule.works("undoing what was never done", session.undo(artifact, &context).await)?;
        }
    }
    scene.has_rows(1..=4).await
}

/// Undoing one run leaves what another one has staged, also where one id begins with the other.
///
/// # Errors
/// That it takes it away.
pub async fn undo_touches_only_its_run(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("undo_touches_only_its_run", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::Hang);
    scene.die_at_commit(&scene.request("suite_11", Load::NAME, 5..=9)?).await?;
    let before = scene.contents().await?;
    scene.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, Retry::Never));
    let report = scene.publish(&scene.request("suite_1", Load::NAME, 10..=14)?).await?;
    scene.rule.same("the outcome", &report.outcome, &RunOutcome::RolledBack)?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)
}

/// Cancels as a step starts.
#[derive(Debug)]
struct CancelAt {
    step: StepId,
    cancel: Cancel,
}

impl EventSink for CancelAt {
    fn emit(&self, _: &RunId, event: &Event) {
        if matches!(event, Event::StepStarted { step, .. } if *step == self.step) {
            self.cancel.cancel();
        }
    }
}
