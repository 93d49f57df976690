//! What a run tells while it goes.

use serde::Serialize;

use crate::{Plan, RunId, RunOutcome, StepId};

/// How far a step is. Totals are `None` where nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// Rows done.
    pub rows: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Rows in all.
    pub total_rows: Option<u64>,
    /// Bytes in all.
    pub total_bytes: Option<u64>,
}

impl Progress {
    /// Creates progress of so many rows and bytes.
    pub fn new(rows: u64, bytes: u64) -> Self {
        Self { rows, bytes, total_rows: None, total_bytes: None }
    }

    /// Says how many rows and bytes there are in all.
    #[must_use]
    pub fn of(mut self, total_rows: Option<u64>, total_bytes: Option<u64>) -> Self {
        (self.total_rows, self.total_bytes) = (total_rows, total_bytes);
        self
    }
}

/// Something that happened, named noun then past-tense verb.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// The way was found. Nothing was touched yet.
    RunPlanned {
        /// What the run is about to do.
        plan: Box<Plan>,
    },
    /// The run began.
    RunStarted {
        /// Which try of this run this is, from 1.
        attempt: u32,
        /// Steps in the plan.
        step_count: usize,
    },
    /// A step began.
    StepStarted {
        /// Which.
        step: StepId,
        /// Its title.
        title: String,
    },
    /// A step got further.
    StepProgressed {
        /// Which.
        step: StepId,
        /// How far.
        progress: Progress,
    },
    /// A step failed and will be tried again.
    StepRetried {
        /// Which.
        step: StepId,
        /// Number of the coming try, from 2.
        attempt: u32,
        /// Why.
        error: String,
    },
    /// A step is done.
    StepFinished {
        /// Which.
        step: StepId,
        /// Rows it staged or loaded, where the target says.
        rows: Option<u64>,
    },
    /// What a step made was removed again.
    StepUndone {
        /// Which.
        step: StepId,
    },
    /// The other side said something, such as a line of a statement's log.
    TargetLogged {
        /// The line.
        message: String,
    },
    /// The run was put back and will be tried again from its start.
    RunRetried {
        /// Number of the coming try, from 2.
        attempt: u32,
        /// Why.
        error: String,
    },
    /// The run is over.
    RunFinished {
        /// How it ended.
        outcome: RunOutcome,
    },
}

/// Hears events.
///
/// # Contract
/// Called on the run's own path, in order: [`emit`](Self::emit) must be quick and must not block. Hand off to a bounded
/// channel, and drop what does not fit, for anything slow.
pub trait EventSink: std::fmt::Debug + Send + Sync + 'static {
    /// Takes one event.
    fn emit(&self, run: &RunId, event: &Event);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn emit(&self, _: &RunId, _: &Event) {}
}

/// Passes events on to `tracing`, one log line each.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracedEvents;

impl EventSink for TracedEvents {
    fn emit(&self, run: &RunId, event: &Event) {
        match event {
            Event::RunPlanned { plan } => {
                tracing::info!(%run, table = %plan.table(), step_count = plan.step_count(), "run planned");
            }
            Event::RunStarted { attempt, step_count } => {
                tracing::info!(%run, attempt, step_count, "run started")
            }
            Event::StepStarted { step, title } => tracing::info!(%run, %step, title, "step started"),
            Event::StepProgressed { step, progress } => {
                tracing::debug!(%run, %step, rows = progress.rows, bytes = progress.bytes, "step progressed");
            }
            Event::StepRetried { step, attempt, error } => {
                tracing::warn!(%run, %step, attempt, error, "step retried")
            }
            Event::StepFinished { step, rows } => tracing::info!(%run, %step, rows, "step finished"),
            Event::StepUndone { step } => tracing::info!(%run, %step, "step undone"),
            Event::TargetLogged { message } => tracing::debug!(%run, message, "target logged"),
            Event::RunRetried { attempt, error } => tracing::warn!(%run, attempt, error, "run retried"),
            Event::RunFinished { outcome } => tracing::info!(%run, %outcome, "run finished"),
        }
    }
}
