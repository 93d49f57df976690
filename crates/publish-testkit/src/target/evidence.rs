//! That a run is loaded once, whatever gets lost.

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::action::Load;
use publish_core::{
    BatchStream, BatchWriter, Cancel, Engine, ErrorKind, FileFormat, FileInspection, FileMeta, FilePart,
    FileWriter, Format, FormatOptions, NoEvents, Outcome, Phase, Result, ResultSchema, RunId, RunOutcome,
    Storage, WriteOptions,
};

use super::TargetFixture;
use super::scene::Scene;
use crate::Checked;
use crate::faults::{Call, Fault};
use crate::results::BatchFormat;

/// The same request with the same run id loads nothing a second time, and reports the same rows and table.
///
/// # Errors
/// That it does.
pub async fn a_repeated_run_id_loads_nothing(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_repeated_run_id_loads_nothing", fixture).await?;
    let request = scene.request("suite_append", Load::NAME, 5..=9)?;
    let first = scene.published(&request).await?;
    let second = scene.published(&request).await?;
    scene.has_rows(1..=9).await?;
    scene.rule.same("published before", &second.was_published_before, &true)?;
    scene.rule.same("the count", &second.row_count, &first.row_count)?;
    scene.rule.same("the table", &second.table, &first.table)
}

/// Another request under a run id that was used is refused, and changes nothing.
///
/// # Errors
/// That it is not.
pub async fn another_request_under_the_same_id_is_refused(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("another_request_under_the_same_id_is_refused", fixture).await?;
    scene.published(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    let mut other = scene.request("suite_other", Load::NAME, 10..=14)?;
    other.run_id = Some(scene.rule.works("naming the run", RunId::parse("suite_append"))?);
    let (nobody, switch) = (Arc::new(NoEvents), Cancel::default());
    let answer = scene.engine.publish(&scene.target, &other, nobody, &switch);
    let error = scene.rule.refused("another request", Box::pin(answer).await)?;
    scene.rule.same("the refusal", &error.kind(), &ErrorKind::InvalidRequest)?;
    scene.has_rows(1..=9).await
}

/// A commit that happened and whose answer got lost is found, and not repeated.
///
/// # Errors
/// That rows are missing or doubled, or the run is not reported as published.
pub async fn a_lost_answer_is_found(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_lost_answer_is_found", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::LoseAnswer);
    scene.published(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    scene.has_rows(1..=9).await?;
    scene.rule.same("the commits", &scene.faults.count(Call::Commit), &2)
}

/// A commit that never arrived is known not to have happened, and the run is tried again.
///
/// # Errors
/// That rows are missing or doubled, or the run is not reported as published.
pub async fn a_lost_request_is_tried_again(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_lost_request_is_tried_again", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::LoseRequest);
    scene.published(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    scene.has_rows(1..=9).await
}

/// A step before the commit that is repeated replaces what its earlier try made.
///
/// # Errors
/// That rows are missing or doubled, or the run is not reported as published.
pub async fn a_repeated_step_replaces_its_earlier_try(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_repeated_step_replaces_its_earlier_try", fixture).await?;
    scene.faults.strike(Call::Prepare, 1, Fault::LoseAnswer);
    scene.published(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    scene.has_rows(1..=9).await
}

/// A load that brings fewer rows than the files are known to hold is undone.
///
/// # Errors
/// That it is published, or changes the table.
pub async fn rows_that_are_missing_undo_the_run(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("rows_that_are_missing_undo_the_run", fixture).await?;
    let registry = scene.engine.registry().clone().with_format(Arc::new(OneRowMore));
    let engine = Engine::new(registry).with_settings(scene.engine.settings().clone());
    let scene = Scene { engine, ..scene };
    let report = scene.publish(&scene.request("suite_append", Load::NAME, 5..=9)?).await?;
    scene.rule.same("the outcome", &report.outcome, &RunOutcome::RolledBack)?;
    scene.has_rows(1..=4).await
}

/// An attempt that was fenced off cannot commit, however late its commit arrives.
///
/// # Errors
/// That it can.
pub async fn a_fenced_attempt_cannot_commit(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("a_fenced_attempt_cannot_commit", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::Late);
    scene.die_at_commit(&scene.request("suite_late", Load::NAME, 5..=9)?).await?;
    let run = scene.rule.works("naming the run", RunId::parse("suite_late"))?;
    let context = scene.context(&run);
    let mut session = scene.rule.works("connecting", scene.target.connect(&context).await)?;
    let entry = scene.rule.works("fencing", session.journal().fence(&run, 1).await)?;
    scene.rule.same("the phase after the fence", &entry.phase, &Phase::Abandoned)?;
    late_commit_is_refused(&scene).await
}

/// An outcome that says "not done" has fenced the attempt off.
///
/// # Errors
/// That the commit can still happen, or the outcome is another.
pub async fn an_outcome_fences_the_attempt(fixture: &dyn TargetFixture) -> Checked {
    let scene = Scene::with_table("an_outcome_fences_the_attempt", fixture).await?;
    scene.faults.strike(Call::Commit, 1, Fault::Late);
    scene.die_at_commit(&scene.request("suite_late", Load::NAME, 5..=9)?).await?;
    let run = scene.rule.works("naming the run", RunId::parse("suite_late"))?;
    let entry = scene.entry(&run).await?;
    let Some(entry) = entry else { return scene.rule.holds(false, || "the journal has no entry".to_owned()) };
    let context = scene.context(&run);
    let mut session = scene.rule.works("connecting", scene.target.connect(&context).await)?;
    let outcome = scene.rule.works("asking for the outcome", session.outcome(&entry, &context).await)?;
    scene.rule.same("the outcome", &outcome, &Outcome::NotDone)?;
    late_commit_is_refused(&scene).await
}

async fn late_commit_is_refused(scene: &Scene) -> Checked {
    for late in scene.faults.deliver().await {
        scene.rule.refused("the late commit", late)?;
    }
    scene.has_rows(1..=4).await
}

/// Files that are known to hold one row more than they do.
#[derive(Debug)]
struct OneRowMore;

#[async_trait]
impl Format for OneRowMore {
    fn format(&self) -> FileFormat {
        BatchFormat.format()
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let mut found = BatchFormat.inspect(file, options, storage).await?;
        found.row_count = found.row_count.map(|rows| rows + 1);
        Ok(found)
    }

    fn unify(&self, files: &[FileInspection], options: &FormatOptions) -> Result<ResultSchema> {
        BatchFormat.unify(files, options)
    }

    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &arrow_schema::SchemaRef,
        options: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        BatchFormat.open(file, part, schema, options, batch_rows, storage).await
    }

    async fn create(
        &self,
        schema: &arrow_schema::SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        BatchFormat.create(schema, options, writer).await
    }
}
