//! The engine: from a request to a report.
//!
//! ```text
//! publish ─► settle (an earlier try of this run?) ─► resolve ─► attempt* ─► report
//!                                                                 │
//!              inspect ─► intend ─► plan ─► begin ─► prepare ─► commit ─► outcome ─► tidy | undo
//! ```

mod attempt;
mod call;
mod check;
mod commit;
mod counted;
mod digest;
mod files;
mod lease;
mod naming;
mod planning;
mod prepare;
mod publish;
mod resolve;
mod settings;
mod settle;
mod stage;
mod sweep;
mod tidy;
mod undo;

pub use settings::EngineSettings;
pub use sweep::{SweepOptions, SweepReport};

use std::sync::Arc;

use crate::{
    Cancel, Check, EventSink, InProcessLocks, JournalEntry, Plan, PublishRequest, Registry, Report, Result,
    TableLocks, Target,
};

/// Publishes results by what its [`Registry`] offers.
///
/// An engine is a value without background work: every call runs on its caller's path, and dropping a call's future
/// stops it. What was begun then is found in the target's journal, and finished by the same request or by
/// [`sweep`](Self::sweep).
#[derive(Clone, Debug)]
pub struct Engine {
    registry: Registry,
    locks: Arc<dyn TableLocks>,
    settings: EngineSettings,
}

impl Engine {
    /// Creates an engine with the default settings and locks within this process.
    pub fn new(registry: Registry) -> Self {
        Self { registry, locks: Arc::new(InProcessLocks::default()), settings: EngineSettings::default() }
    }

    /// Uses other locks, such as ones that several servers share.
    #[must_use]
    pub fn with_locks(mut self, locks: Arc<dyn TableLocks>) -> Self {
        self.locks = locks;
        self
    }

    /// The same engine, sharing its locks, with another offer: that of one run whose results need a storage of their own.
    #[must_use]
    pub fn with_registry(mut self, change: impl FnOnce(Registry) -> Registry) -> Self {
        self.registry = change(self.registry);
        self
    }

    /// Uses other settings.
    #[must_use]
    pub fn with_settings(mut self, settings: EngineSettings) -> Self {
        self.settings = settings;
        self
    }

    /// What this engine offers.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Its settings.
    pub fn settings(&self) -> &EngineSettings {
        &self.settings
    }

    /// Says what [`publish`](Self::publish) would do, and changes nothing.
    ///
    /// A name with a timestamp is the one of this moment: the run makes its own.
    ///
    /// # Errors
    /// Whatever `publish` would refuse before it starts.
    pub async fn plan(&self, target: &Arc<dyn Target>, request: &PublishRequest) -> Result<Plan> {
        publish::plan(self, target, request).await
    }

    /// Publishes, and tells `events` about it.
    ///
    /// A repeated request with the same run id loads nothing twice: where it was published the report says so, where it
    /// failed it is tried anew, and where an engine died it is finished.
    ///
    /// # Errors
    /// An `Err` means that nothing was started and nothing is left. Once a run has started the [`Report`] says how it
    /// ended, errors included.
    ///
    /// # Cancellation
    /// `cancel` stops the run up to the moment its commit is sent, and puts things back. Dropping the future stops it
    /// anywhere and puts nothing back; the journal knows.
    pub async fn publish(
        &self,
        target: &Arc<dyn Target>,
        request: &PublishRequest,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
    ) -> Result<Report> {
        publish::publish(self, target, request, events, cancel).await
    }

    /// Tries what a publish needs of a target: the connection, what the target itself names, and its journal. Leaves
    /// nothing changed.
    ///
    /// What does not work is among the findings, each with the next step.
    pub async fn check(&self, target: &Arc<dyn Target>) -> Vec<Check> {
        check::check(self, target).await
    }

    /// Reads the runs that a target's journal knows. Changes nothing.
    ///
    /// # Errors
    /// If the target can't be reached, or its journal not be read.
    pub async fn journal(&self, target: &Arc<dyn Target>) -> Result<Vec<JournalEntry>> {
        sweep::read_journal(self, target).await
    }

    /// Finishes what dead runs left at a target: undoes what they prepared, tidies what they published, forgets entries
    /// past the horizon. Runs that are held by a living engine, or in doubt, are left alone.
    ///
    /// # Errors
    /// Only if the journal can't be read. What fails for one run is in the report.
    pub async fn sweep(&self, target: &Arc<dyn Target>, options: &SweepOptions) -> Result<SweepReport> {
        sweep::sweep(self, target, options).await
    }
}
