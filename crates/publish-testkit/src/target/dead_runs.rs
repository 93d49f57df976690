//! What becomes of runs whose engine died.

use publish_core::SweepOptions;
use publish_core::action::Load;

use super::TargetFixture;
use super::scene::Scene;
use crate::Checked;
use crate::faults::{Call, Fault};

/// What a dead run staged is removed by a sweep once its lease has run out, and the table stays as it is.
///
/// # Errors
/// That the sweep leaves something, fails, or changes the table.
pub async fn a_dead_run_is_swept(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_dead_run_is_swept", fixture).await?;
    let before = scene.contents().await?;
    scene.faults.strike(Call::Commit, 1, Fault::Hang);
    scene.die_at_commit(&scene.request("suite_dead", Load::NAME, 5..=9)?).await?;
    scene.rule.works("ending the leases", scene.place.end_leases().await)?;
    let swept = Box::pin(scene.engine.sweep(&scene.target, &SweepOptions::default())).await;
    let swept = scene.rule.works("sweeping", swept)?;
    let undone: Vec<&str> = swept.undone.iter().map(publish_core::RunId::as_str).collect();
    scene.rule.same("the runs undone", &undone, &vec!["suite_dead"])?;
    scene.rule.holds(swept.failures.is_empty(), || format!("the sweep failed: {:?}", swept.failures))?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)?;
    scene.has_rows(1..=4).await
}

/// The request of a dead run, sent again once its lease has run out, is published once and leaves nothing.
///
/// # Errors
/// That rows are missing or doubled, or something is left.
pub async fn a_dead_run_is_finished_by_the_same_request(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_dead_run_is_finished_by_the_same_request", fixture).await?;
    let before = scene.contents().await?;
    let request = scene.request("suite_dead", Load::NAME, 5..=9)?;
    scene.faults.strike(Call::Commit, 1, Fault::Hang);
    scene.die_at_commit(&request).await?;
    scene.rule.works("ending the leases", scene.place.end_leases().await)?;
    scene.published(&request).await?;
    scene.has_rows(1..=9).await?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)
}
