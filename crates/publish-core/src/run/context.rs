//! What every call of one run shares.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Cancel, ResultBatchStream, ResultReader};
use crate::{
    ColumnMapping, Error, ErrorKind, Event, EventSink, ExactlyOnce, Location, NoEvents, Prepared, Progress,
    Result, RunId, StepId, Storages,
};

/// What every call of one run shares: its id, its stop switch and deadline, where to tell progress, and the way to the
/// results. Cloning is cheap, and clones share what was prepared and
/// what was warned of.
#[derive(Clone, Debug)]
pub struct RunContext {
    run: RunId,
    attempt: u32,
    cancel: Cancel,
    deadline: Instant,
    events: Arc<dyn EventSink>,
    step: Option<StepId>,
    storages: Storages,
    reader: Option<Arc<ResultReader>>,
    prepared: Arc<Mutex<BTreeMap<StepId, Prepared>>>,
    warnings: Arc<Mutex<Vec<Error>>>,
    expected_rows: Option<u64>,
    exactly_once: ExactlyOnce,
    options: Arc<serde_json::Map<String, serde_json::Value>>,
}

impl RunContext {
    /// Creates the context of a run's first attempt that has `time` from now, hears no events and has no results.
    pub fn new(run: RunId, time: Duration) -> Self {
        Self {
            run,
            attempt: 1,
            cancel: Cancel::default(),
            deadline: Instant::now() + time,
            events: Arc::new(NoEvents),
            step: None,
            storages: Storages::default(),
            reader: None,
            prepared: Arc::default(),
            warnings: Arc::default(),
            expected_rows: None,
            exactly_once: ExactlyOnce::On,
            options: Arc::default(),
        }
    }

    /// Sends events to `events`.
    #[must_use]
    pub fn with_events(mut self, events: Arc<dyn EventSink>) -> Self {
        self.events = events;
        self
    }

    /// Uses this stop switch.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Uses these storages.
    #[must_use]
    pub fn with_storages(mut self, storages: Storages) -> Self {
        self.storages = storages;
        self
    }

    /// Reads results with `reader`, and expects as many rows as its files hold.
    #[must_use]
    pub fn with_reader(mut self, reader: Arc<ResultReader>) -> Self {
        self.expected_rows = reader.results().row_count();
        self.reader = Some(reader);
        self
    }

    /// Sets how many rows a load has to bring, `None` where nobody knows.
    #[must_use]
    pub fn with_expected_rows(mut self, rows: Option<u64>) -> Self {
        self.expected_rows = rows;
        self
    }

    /// Says whether the run is in the journal.
    #[must_use]
    pub fn with_exactly_once(mut self, exactly_once: ExactlyOnce) -> Self {
        self.exactly_once = exactly_once;
        self
    }

    /// Passes on the request's settings that only the target understands.
    #[must_use]
    pub fn with_options(mut self, options: serde_json::Map<String, serde_json::Value>) -> Self {
        self.options = Arc::new(options);
        self
    }

    /// The same run at another attempt, with nothing prepared and no warnings.
    #[must_use]
    pub fn at_attempt(&self, attempt: u32) -> Self {
        Self { attempt, prepared: Arc::default(), warnings: Arc::default(), step: None, ..self.clone() }
    }

    /// The same run within a step: progress is told as this step's.
    #[must_use]
    pub fn at_step(&self, step: StepId) -> Self {
        Self { step: Some(step), ..self.clone() }
    }

    /// The same run with a switch that never fires and `time` of its own: undo and outcome are not cancelled.
    #[must_use]
    pub fn apart(&self, time: Duration) -> Self {
        Self { cancel: Cancel::default(), deadline: Instant::now() + time, ..self.clone() }
    }

    /// The run's id.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Which try of the run, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the run is in the journal: only then does its commit carry the evidence.
    pub fn keeps_journal(&self) -> bool {
        self.exactly_once == ExactlyOnce::On
    }

    /// The request's settings that only the target understands.
    pub fn options(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.options
    }

    /// The run's stop switch.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Waits until the run is cancelled.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Fails if the run was cancelled.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled).
    pub fn check_cancelled(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(Self::cancelled_error()) } else { Ok(()) }
    }

    /// The error of a call that stopped because the run was cancelled.
    pub fn cancelled_error() -> Error {
        Error::new(ErrorKind::Cancelled, "The run was cancelled")
    }

    /// When the call has to be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Time that is left, zero once the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The host's storages.
    pub fn storages(&self) -> &Storages {
        &self.storages
    }

    /// Rows that a load has to bring, where they were counted: in the files, or while staging.
    pub fn expected_rows(&self) -> Option<u64> {
        self.expected_rows
    }

    /// The results.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) outside of a publish, as in a sweep.
    pub fn reader(&self) -> Result<&Arc<ResultReader>> {
        self.reader.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "There are no results to read outside of a publish")
        })
    }

    /// Streams the rows of the results as `mapping` reads them, in the order of the files and of their rows.
    ///
    /// Bounded and back-pressured: what is not taken is not read. Stops with [`Cancelled`](ErrorKind::Cancelled) when
    /// the run is.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) outside of a publish. The stream's own errors name file and row.
    pub fn batches(&self, mapping: &ColumnMapping) -> Result<ResultBatchStream> {
        Ok(self.reader()?.batches(mapping.read_schema(), &self.cancel))
    }

    /// What a finished step of this attempt made.
    pub fn prepared(&self, step: StepId) -> Option<Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&step).cloned()
    }

    /// Keeps what a step made for the steps after it.
    pub fn keep_prepared(&self, step: StepId, prepared: Prepared) {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(step, prepared);
    }

    /// The result file and the number in it, from 1, of a row that a step of this attempt staged: the `row`th, from 1, of
    /// the file `staged`. `None` where no step staged it.
    pub fn source_of(&self, staged: &str, row: u64) -> Option<(Location, Option<u64>)> {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let found = prepared.values().find_map(|prepared| prepared.source_of(staged, row));
        found.map(|(file, row)| (file.clone(), row))
    }

    /// Adds a warning to the report of a run that publishes: something that the user has to see to, and that is no reason
    /// to stop.
    pub fn warn(&self, warning: Error) {
        tracing::warn!(run = %self.run, warning = %warning, "a publish has a warning");
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// The warnings of this attempt so far.
    pub(crate) fn take_warnings(&self) -> Vec<Error> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells how far the current step is.
    pub fn progress(&self, progress: Progress) {
        if let Some(step) = self.step {
            self.emit(&Event::StepProgressed { step, progress });
        }
    }

    /// Passes on what the other side said.
    pub fn log(&self, message: impl Into<String>) {
        self.emit(&Event::TargetLogged { message: message.into() });
    }

    /// Tells an event.
    pub fn emit(&self, event: &Event) {
        self.events.emit(&self.run, event);
    }
}
