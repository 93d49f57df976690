//! The journal by itself.

use publish_core::{AttemptRecord, ErrorKind, PendingTidy, Phase, Plan, RunId};

use super::TargetFixture;
use super::scene::Scene;
use crate::Checked;

/// Of several who begin an attempt one wins, and the next attempt begins only after a fence.
///
/// # Errors
/// That two win, or an attempt begins out of turn.
pub async fn the_journal_begins_once(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("the_journal_begins_once", fixture).await?;
    let rule = scene.rule;
    let (run, first) = record(&scene).await?;
    let context = scene.context(&run);
    let mut one = rule.works("connecting", scene.target.connect(&context).await)?;
    let mut two = rule.works("connecting", scene.target.connect(&context).await)?;
    let (a, b) = tokio::join!(one.journal().begin(&first), two.journal().begin(&first));
    rule.same("how many began", &[&a, &b].iter().filter(|began| began.is_ok()).count(), &1)?;
    for refused in [a.err(), b.err()].into_iter().flatten() {
        rule.same("the refusal", &refused.kind(), &ErrorKind::Busy)?;
    }
    let attempt = |attempt| {
        let mut record = first.clone();
        record.attempt = attempt;
        record
    };
    let early = rule.refused("a second attempt beside the first", two.journal().begin(&attempt(2)).await)?;
    rule.same("the refusal", &early.kind(), &ErrorKind::Busy)?;
    let fenced = rule.works("fencing", two.journal().fence(&run, 1).await)?;
    rule.same("the phase after the fence", &fenced.phase, &Phase::Abandoned)?;
    rule.refused("a third attempt after the first", two.journal().begin(&attempt(3)).await)?;
    rule.works("a second attempt after the fence", two.journal().begin(&attempt(2)).await)?;
    let old = rule.works("fencing the first attempt again", one.journal().fence(&run, 1).await)?;
    rule.same("the second attempt after a fence of the first", &old.phase, &Phase::Prepared)
}

/// The journal answers what was written, closes what was abandoned, and forgets what it is told to.
///
/// # Errors
/// That it answers something else.
pub async fn the_journal_keeps_what_is_written(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("the_journal_keeps_what_is_written", fixture).await?;
    let rule = scene.rule;
    let (run, record) = record(&scene).await?;
    let context = scene.context(&run);
    let mut session = rule.works("connecting", scene.target.connect(&context).await)?;
    let journal = session.journal();
    rule.same("a run that never was", &rule.works("reading", journal.read(&run).await)?, &None)?;
    rule.works("beginning", journal.begin(&record).await)?;
    rule.works("renewing", journal.renew(&run, 1).await)?;
    let read = rule.works("reading", journal.read(&run).await)?;
    let seen = read.map(|entry| (entry.record, entry.phase, entry.is_held));
    rule.same("the entry", &seen, &Some((record.clone(), Phase::Prepared, true)))?;
    rule.works("fencing", journal.fence(&run, 1).await)?;
    let left = &record.artifacts;
    let tidy: Vec<PendingTidy> = left.iter().map(|left| PendingTidy::new(left.clone(), 7)).collect();
    rule.works("closing", journal.close(&run, 1, left, &tidy).await)?;
    let wanted = if left.is_empty() { Phase::RolledBack } else { Phase::Abandoned };
    let read = rule.works("reading", journal.read(&run).await)?;
    let seen = read.map(|entry| (entry.record.artifacts, entry.record.tidy, entry.phase));
    rule.same("the entry with what is left", &seen, &Some((left.clone(), tidy, wanted)))?;
    rule.works("closing", journal.close(&run, 1, &[], &[]).await)?;
    let listed = rule.works("listing", journal.list().await)?;
    let seen: Vec<Phase> =
        listed.iter().filter(|entry| entry.record.run == run).map(|entry| entry.phase).collect();
    rule.same("the entries of the run", &seen, &vec![Phase::RolledBack])?;
    rule.works("forgetting", journal.forget(&run).await)?;
    rule.works("forgetting again", journal.forget(&run).await)?;
    rule.same("a run that was forgotten", &rule.works("reading", journal.read(&run).await)?, &None)
}

/// What an engine would write of a run's first attempt.
async fn record(scene: &Scene) -> Checked<(RunId, AttemptRecord)> {
    let request = scene.request("suite_journal", publish_core::action::Load::NAME, 5..=9)?;
    let plan: Plan = scene.rule.works("planning", scene.engine.plan(&scene.target, &request).await)?;
    let makes: Vec<_> = plan.prepare().iter().flat_map(|step| step.makes.clone()).collect();
    let record = serde_json::from_value(serde_json::json!({
        "run": plan.run(),
        "attempt": 1,
        "digest": "0f",
        "action": plan.action(),
        "kind": plan.commit().kind.as_str(),
        "table": plan.table(),
        "artifacts": makes,
        "tidy": [],
        "detail": plan.commit().detail,
        "fileCount": 1,
        "rowCount": 5,
    }));
    let record = record.map_err(|error| crate::Violation::new(scene.rule.0, error.to_string()))?;
    Ok((plan.run().clone(), record))
}
