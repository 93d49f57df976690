//! What is decided before anything is changed.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use publish_core::action::{DropAndLoad, Load};
use publish_core::{ErrorKind, ResultSchema};

use super::TargetFixture;
use super::scene::Scene;
use crate::Checked;
use crate::faults::{Call, Fault};
use crate::results::numbered_rows;

/// The same question gets the same plan, the same columns and the same name.
///
/// # Errors
/// That it does not.
pub async fn planning_is_pure(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("planning_is_pure", fixture).await?;
    let results = ResultSchema::new(numbered_rows(1..=1).schema());
    let map = || scene.rule.works("mapping the columns", scene.target.map_schema(&results));
    scene.rule.same("the columns", &map()?, &map()?)?;
    for action in [Load::NAME, DropAndLoad::NAME] {
        let request = scene.request("suite_pure", action, 5..=9)?;
        let first = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
        let second = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
        scene.rule.same("the plan", &format!("{second:?}"), &format!("{first:?}"))?;
    }
    Ok(())
}

/// Planning changes nothing: no table, no staging, no journal entry.
///
/// # Errors
/// That it does.
pub async fn a_dry_run_changes_nothing(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::new("a_dry_run_changes_nothing", fixture).await?;
    let before = scene.contents().await?;
    let request = scene.request("suite_dry", DropAndLoad::NAME, 1..=4)?;
    let plan = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
    scene.rule.same("what is in the place", &scene.contents().await?, &before)?;
    scene.rule.same("the journal", &scene.entry(plan.run()).await?, &None)
}

/// Every reason why results do not fit a table is named at once.
///
/// # Errors
/// That one is missing.
pub async fn misfits_are_all_named(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("misfits_are_all_named", fixture).await?;
    let names = ["left_one", "left_two"];
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect();
    let column = || Arc::new(Int64Array::from(vec![1])) as _;
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![column(), column()]);
    let batch = batch.map_err(|error| crate::Violation::new(scene.rule.0, error.to_string()))?;
    let mut request = scene.request("suite_misfit", Load::NAME, 5..=9)?;
    request.source = scene.rule.works("putting results", scene.shelf.put("misfits", &[batch]))?;
    let error = scene.rule.refused("a load", scene.engine.plan(&scene.target, &request).await)?;
    scene.rule.same("the refusal", &error.kind(), &ErrorKind::SchemaMismatch)?;
    let text = error.to_string();
    scene.rule.holds(names.iter().all(|name| text.contains(name)), || {
        format!("the refusal does not name {names:?}: {text}")
    })?;
    scene.has_rows(1..=4).await
}

/// A commit whose table was changed by somebody else after it was planned changes nothing.
///
/// # Errors
/// That it does, or the refusal is not a [`StalePlan`](ErrorKind::StalePlan).
pub async fn a_stale_plan_changes_nothing(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_stale_plan_changes_nothing", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::Late);
    scene.die_at_commit(&scene.request("suite_stale", Load::NAME, 5..=9)?).await?;
    scene.rule.works("altering the table", scene.place.alter(&scene.table).await)?;
    let before = scene.rows().await?;
    for late in scene.faults.deliver().await {
        let error = scene.rule.refused("the stale commit", late)?;
        scene.rule.same("the refusal", &error.kind(), &ErrorKind::StalePlan)?;
    }
    scene.rule.same("the rows", &scene.rows().await?, &before)
}
