//! What readers see.

use std::sync::Arc;

use publish_core::action::{Create, CreateAndLoad, DropAndLoad, Load, TruncateAndLoad};
use publish_core::{Cancel, Engine, NoEvents, PublishRequest, RunOutcome};

use super::TargetFixture;
use super::scene::Scene;
use crate::{Checked, Violation};

/// `create` makes a table without rows.
///
/// # Errors
/// That it does not.
pub async fn a_table_can_be_made_empty(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::new("a_table_can_be_made_empty", fixture).await?;
    scene.published(&scene.request("suite_create", Create::NAME, 1..=4)?).await?;
    scene.rule.same("the rows", &scene.rows().await?, &Some(Vec::new()))
}

/// A new table appears with all its rows: a reader sees no table, or the whole one.
///
/// # Errors
/// That a reader saw anything else.
pub async fn a_created_table_appears_with_its_rows(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::new("a_created_table_appears_with_its_rows", fixture).await?;
    let request = scene.request("suite_create", CreateAndLoad::NAME, 1..=40)?;
    let new = Some(scene.texts(1..=40)?);
    publish_under_readers(&scene, &request, &[None, new]).await?;
    scene.has_rows(1..=40).await
}

/// An append adds its rows to those that are there, each once, and says how many.
///
/// # Errors
/// That the table or the count is another.
pub async fn an_append_adds_rows_once(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("an_append_adds_rows_once", fixture).await?;
    let report = scene.published(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    scene.has_rows(1..=9).await?;
    scene.rule.holds(report.row_count.is_none_or(|rows| rows == 5), || {
        format!("the report counts {:?} rows of 5", report.row_count)
    })
}

/// While rows, or a whole table, are replaced, a reader sees the old rows or the new ones and nothing else, unless the
/// plan declares a window.
///
/// # Errors
/// That a reader saw anything else.
pub async fn a_replaced_table_is_never_seen_empty(fixture: &dyn TargetFixture) -> Checked {
    for action in [TruncateAndLoad::NAME, DropAndLoad::NAME] {
        let scene = Scene::with_table("a_replaced_table_is_never_seen_empty", fixture).await?;
        let request = scene.request("suite_replace", action, 5..=44)?;
        let plan = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
        if plan.windows().is_empty() {
            let allowed = [Some(scene.texts(1..=4)?), Some(scene.texts(5..=44)?)];
            publish_under_readers(&scene, &request, &allowed).await?;
        } else {
            scene.published(&request).await?;
        }
        scene.has_rows(5..=44).await?;
    }
    Ok(())
}

/// Two engines that append to one table at once lose no rows: each run that says it is published has its rows there,
/// once, and no other has any.
///
/// # Errors
/// That rows are missing, doubled, or there without a run that published them.
pub async fn two_runs_on_one_table_lose_no_rows(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("two_runs_on_one_table_lose_no_rows", fixture).await?;
    let other = Engine::new(scene.engine.registry().clone()).with_settings(scene.engine.settings().clone());
    let requests =
        [scene.request("suite_one", Load::NAME, 5..=9)?, scene.request("suite_two", Load::NAME, 10..=14)?];
    let switch = Cancel::default();
    let (one, two) = tokio::join!(
        Box::pin(scene.engine.publish(&scene.target, &requests[0], Arc::new(NoEvents), &switch)),
        Box::pin(other.publish(&scene.target, &requests[1], Arc::new(NoEvents), &switch)),
    );
    let mut wanted = scene.texts(1..=4)?;
    for (report, ids) in [(one, 5..=9), (two, 10..=14)] {
        let report = scene.rule.works("publishing", report)?;
        match report.outcome {
            RunOutcome::Published => wanted.extend(scene.texts(ids)?),
            RunOutcome::RolledBack => {}
            _ => return Err(Violation::new(scene.rule.0, format!("a run ended badly: {report:?}"))),
        }
    }
    wanted.sort();
    scene.rule.same("the rows", &scene.rows().await?, &Some(wanted))
}

/// Publishes while a reader reads all the time, who must see nothing but what is `allowed`.
async fn publish_under_readers(
    scene: &Scene,
    request: &PublishRequest,
    allowed: &[Option<Vec<String>>],
) -> Checked {
    let reader = async {
        loop {
            let seen = scene.rows().await?;
            scene.rule.holds(allowed.contains(&seen), || format!("a reader saw {seen:?}"))?;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        broken = reader => broken,
        report = scene.published(request) => report.map(|_| ()),
    }
}
