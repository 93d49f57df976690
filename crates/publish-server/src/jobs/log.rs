//! A job's log: from the engine's events to the store and to listeners.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use publish_core::{Cancel, Event, EventSink, RunId, TracedEvents};
use tokio::sync::mpsc;

use super::percent::Percent;
use super::running::Running;
use crate::connect::Redactor;
use crate::{JobEvent, JobId, Store};

/// Events that wait to be stored. More are not kept: the run must not wait for the store.
const BACKLOG: usize = 512;

/// Events stored at once.
const BATCH: usize = 64;

/// Hears a run's events.
#[derive(Debug)]
pub(super) struct JobSink {
    running: Arc<Running>,
    percent: Mutex<Percent>,
    redactor: Redactor,
    log: mpsc::Sender<JobEvent>,
}

/// Stores what a sink hears.
#[derive(Debug)]
pub(super) struct LogWriter {
    log: mpsc::Receiver<JobEvent>,
    left: usize,
}

impl JobSink {
    /// Creates a sink, and what stores up to `max_events` of what it hears.
    pub(super) fn new(running: Arc<Running>, redactor: Redactor, max_events: usize) -> (Self, LogWriter) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        let sink = Self { running, percent: Mutex::default(), redactor, log: sender };
        (sink, LogWriter { log: receiver, left: max_events })
    }

    /// Logs something that the service itself says.
    pub(super) fn log(&self, event: serde_json::Value) {
        // A full backlog loses the event: the run must not wait for the store.
        let _ = self.log.try_send(JobEvent { sequence: None, at: Utc::now(), event });
    }
}

impl EventSink for JobSink {
    fn emit(&self, run: &RunId, event: &Event) {
        TracedEvents.emit(run, event);
        let percent = self.percent.lock().unwrap_or_else(PoisonError::into_inner).after(event);
        self.running.percent.store(percent, Ordering::Relaxed);
        let Ok(mut value) = serde_json::to_value(event) else { return };
        self.redactor.value(&mut value);
        if let Event::StepProgressed { .. } = event {
            if let Some(map) = value.as_object_mut() {
                map.insert("percentComplete".to_owned(), percent.into());
            }
            // Nobody listening is no error.
            let _ = self.running.listeners.send(JobEvent { sequence: None, at: Utc::now(), event: value });
        } else {
            self.log(value);
        }
    }
}

impl LogWriter {
    /// Stores events until `is_over`, and what is left then. Listeners look into the store when they are told.
    pub(super) async fn write(mut self, job: JobId, store: &dyn Store, running: &Running, is_over: &Cancel) {
        let mut events = Vec::new();
        loop {
            let more = tokio::select! {
                biased;
                count = self.log.recv_many(&mut events, BATCH) => count > 0,
                () = is_over.cancelled() => false,
            };
            if !more {
                return;
            }
            events.truncate(self.left);
            self.left -= events.len();
            if let Err(error) = store.append_events(job, &events).await {
                tracing::warn!(%job, error = %error, "events of a job could not be stored");
            }
            for event in events.drain(..) {
                let _ = running.listeners.send(event);
            }
        }
    }
}
