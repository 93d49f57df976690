//! A memory target with faults, an engine, and ears.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use publish_core::action::{CreateAndLoad, Load};
use publish_core::{
    ActionName, Cancel, Engine, EngineSettings, Event, EventSink, PublishRequest, Report, RequestOptions,
    Result, RunId, RunOutcome, TableName, TableNaming, Target,
};
use publish_testkit::faults::{Faults, FaultyTarget};
use publish_testkit::memory::MemoryTarget;
use publish_testkit::results::{ResultShelf, numbered_rows, row_texts};

/// Everything that a test of the engine needs.
pub(crate) struct Stage {
    pub(crate) memory: MemoryTarget,
    pub(crate) faults: Faults,
    pub(crate) target: Arc<dyn Target>,
    pub(crate) engine: Engine,
    pub(crate) heard: Arc<Heard>,
    pub(crate) cancel: Cancel,
    pub(crate) shelf: ResultShelf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::on(MemoryTarget::new("stage"))
    }

    pub(crate) fn on(memory: MemoryTarget) -> Self {
        let faults = Faults::default();
        let target = FaultyTarget::new(memory.as_target(), faults.clone()).as_target();
        let shelf = ResultShelf::new();
        let mut settings = EngineSettings::default();
        settings.deadline = Duration::from_secs(3600);
        let engine = Engine::new(shelf.registry()).with_settings(settings);
        Self { memory, faults, target, engine, heard: Arc::default(), cancel: Cancel::default(), shelf }
    }

    /// A stage whose table holds the rows 1 to 3.
    pub(crate) fn with_table() -> Self {
        let stage = Self::new();
        stage.memory.add_rows(&table(), &numbered_rows(1..=3)).unwrap();
        stage
    }

    /// A request under the table's exact name.
    pub(crate) fn request(&self, run: &str, action: ActionName, ids: RangeInclusive<i64>) -> PublishRequest {
        let mut options = RequestOptions::default();
        options.table_naming = TableNaming::Exact;
        let source = self.shelf.put(run, &[numbered_rows(ids)]).unwrap();
        PublishRequest::new(source, "t", action)
            .with_path(vec!["main".to_owned()])
            .with_options(options)
            .with_run_id(RunId::parse(run).unwrap())
    }

    /// Adds the rows 4 to 6 as run `r1`.
    pub(crate) fn load(&self) -> PublishRequest {
        self.request("r1", Load::NAME, 4..=6)
    }

    /// Makes the table with the rows 1 to 3 as run `r1`.
    pub(crate) fn create(&self) -> PublishRequest {
        self.request("r1", CreateAndLoad::NAME, 1..=3)
    }

    pub(crate) async fn publish(&self, request: &PublishRequest) -> Result<Report> {
        let events: Arc<dyn EventSink> = Arc::<Heard>::clone(&self.heard);
        Box::pin(self.engine.publish(&self.target, request, events, &self.cancel)).await
    }

    /// Publishes to this outcome.
    pub(crate) async fn ends(&self, request: &PublishRequest, outcome: RunOutcome) -> Report {
        let report = self.publish(request).await.unwrap();
        assert_eq!(report.outcome, outcome, "{report:?}");
        report
    }

    /// Starts publishing, and lets the engine die once `is_so`.
    pub(crate) async fn die_once(&self, request: &PublishRequest, is_so: impl Fn(&Self) -> bool) {
        let until = async {
            while !is_so(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            report = self.publish(request) => panic!("it was over before: {report:?}"),
            () = until => {}
        }
    }

    /// Fails unless the table holds just the rows of these ids, in order.
    pub(crate) fn holds(&self, ids: RangeInclusive<i64>) {
        assert_eq!(self.memory.rows(&table()), Some(row_texts(&numbered_rows(ids)).unwrap()));
    }

    /// Fails unless the table is all there is.
    pub(crate) fn is_tidy(&self) {
        assert_eq!(self.memory.table_names(), [table()]);
    }
}

pub(crate) fn table() -> TableName {
    TableName::new("main", "t")
}

/// Remembers the names of events.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|heard| *heard == name).count()
    }
}

impl EventSink for Heard {
    fn emit(&self, _: &RunId, event: &Event) {
        let event = serde_json::to_value(event).unwrap();
        self.0.lock().unwrap().push(event["event"].as_str().unwrap().to_owned());
    }
}
