//! A place, an engine and results: where every check begins.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use publish_core::action::CreateAndLoad;
use publish_core::{
    ActionName, Cancel, Engine, EngineSettings, EventSink, JournalEntry, NoEvents, PublishRequest, Report,
    RequestOptions, RunContext, RunId, RunOutcome, TableName, TableNaming, Target,
};

use super::{TargetFixture, TargetPlace};
use crate::faults::{Call, Faults, FaultyTarget};
use crate::results::{ResultShelf, numbered_rows, row_texts};
use crate::violation::Rule;
use crate::{Checked, Violation};

/// The table that the checks publish to.
const TABLE: &str = "orders";

/// A place with an engine and results, under one rule.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) rule: Rule,
    pub(super) place: Box<dyn TargetPlace>,
    pub(super) target: Arc<dyn Target>,
    pub(super) faults: Faults,
    pub(super) shelf: ResultShelf,
    pub(super) engine: Engine,
    pub(super) table: TableName,
}

impl Scene {
    /// An empty place.
    pub(super) async fn new(rule: &'static str, fixture: &dyn TargetFixture) -> Checked<Self> {
        let rule = Rule(rule);
        let place = rule.works("making an empty place", fixture.empty().await)?;
        let faults = Faults::default();
        let target = FaultyTarget::new(place.target(), faults.clone()).as_target();
        let table = rule.works("naming the table", target.table_name(&place.path(), TABLE))?;
        let shelf = ResultShelf::new();
        let engine = Engine::new(place.equip(shelf.registry())).with_settings(settings());
        Ok(Self { rule, place, target, faults, shelf, engine, table })
    }

    /// A place with a table of the rows 1 to 4.
    pub(super) async fn with_table(rule: &'static str, fixture: &dyn TargetFixture) -> Checked<Self> {
        let scene = Self::new(rule, fixture).await?;
        let request = scene.request("suite_first", CreateAndLoad::NAME, 1..=4)?;
        scene.published(&request).await?;
        scene.has_rows(1..=4).await?;
        Ok(scene)
    }

    /// Asks to publish rows of these ids as run `run`, to the table by its exact name.
    pub(super) fn request(
        &self,
        run: &str,
        action: ActionName,
        ids: RangeInclusive<i64>,
    ) -> Checked<PublishRequest> {
        let source = self.rule.works("putting results", self.shelf.put(run, &[numbered_rows(ids)]))?;
        let mut options = RequestOptions::default();
        options.table_naming = TableNaming::Exact;
        let run = self.rule.works("naming the run", RunId::parse(run))?;
        Ok(PublishRequest::new(source, TABLE, action)
            .with_path(self.place.path())
            .with_options(options)
            .with_run_id(run))
    }

    /// Publishes, however it ends.
    pub(super) async fn publish(&self, request: &PublishRequest) -> Checked<Report> {
        self.publish_with(request, Arc::new(NoEvents), &Cancel::default()).await
    }

    pub(super) async fn publish_with(
        &self,
        request: &PublishRequest,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
    ) -> Checked<Report> {
        let report = Box::pin(self.engine.publish(&self.target, request, events, cancel)).await;
        self.rule.works("publishing", report)
    }

    /// Publishes, and fails the rule unless it is published without leftovers.
    pub(super) async fn published(&self, request: &PublishRequest) -> Checked<Report> {
        let report = self.publish(request).await?;
        self.rule.holds(report.outcome == RunOutcome::Published && report.leftovers.is_empty(), || {
            format!("the run was not published: {report:?}")
        })?;
        Ok(report)
    }

    /// Publishes until the commit is sent, then lets the engine die.
    pub(super) async fn die_at_commit(&self, request: &PublishRequest) -> Checked {
        let before = self.faults.count(Call::Commit);
        tokio::select! {
            biased;
            report = self.publish(request) => {
                Err(Violation::new(self.rule.0, format!("the run was over before its engine died: {:?}", report?)))
            }
            () = self.heard(Call::Commit, before) => Ok(()),
        }
    }

    /// The rows of the table, sorted.
    pub(super) async fn rows(&self) -> Checked<Option<Vec<String>>> {
        let rows = self.rule.works("reading the table", self.place.rows(&self.table).await)?;
        Ok(rows.map(sorted))
    }

    /// Fails the rule unless the table has just the rows of these ids.
    pub(super) async fn has_rows(&self, ids: RangeInclusive<i64>) -> Checked {
        let wanted = self.texts(ids)?;
        self.rule.same("the rows", &self.rows().await?, &Some(wanted))
    }

    /// The rows of these ids as texts, sorted.
    pub(super) fn texts(&self, ids: RangeInclusive<i64>) -> Checked<Vec<String>> {
        Ok(sorted(self.rule.works("writing rows as text", row_texts(&numbered_rows(ids)))?))
    }

    /// What is in the place, sorted.
    pub(super) async fn contents(&self) -> Checked<Vec<String>> {
        Ok(sorted(self.rule.works("listing the place", self.place.contents().await)?))
    }

    /// The context of a call of run `run`, outside of an engine.
    pub(super) fn context(&self, run: &RunId) -> RunContext {
        RunContext::new(run.clone(), Duration::from_secs(60))
            .with_storages(self.engine.registry().storages().clone())
    }

    /// What the journal has of a run.
    pub(super) async fn entry(&self, run: &RunId) -> Checked<Option<JournalEntry>> {
        let context = self.context(run);
        let mut session = self.rule.works("connecting", self.target.connect(&context).await)?;
        self.rule.works("reading the journal", session.journal().read(run).await)
    }

    async fn heard(&self, call: Call, before: usize) {
        while self.faults.count(call) == before {
            tokio::task::yield_now().await;
        }
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn settings() -> EngineSettings {
    let mut settings = EngineSettings::default();
    settings.first_delay = Duration::from_millis(2);
    settings.max_delay = Duration::from_millis(20);
    settings
}
