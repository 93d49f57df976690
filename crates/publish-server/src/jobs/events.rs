//! What listeners to a job hear.

use std::pin::Pin;
use std::time::Duration;

use chrono::Utc;
use futures::{Stream, StreamExt, stream};
use publish_core::Result;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::service::Jobs;
use crate::{Job, JobEvent, JobId};

/// Events of a job, in order, to its end.
pub type JobEvents = Pin<Box<dyn Stream<Item = Result<JobEvent>> + Send>>;

/// Time between two looks at a job that another server runs.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Events read at once.
const BATCH: u32 = 200;

/// Where a listener is.
struct Listener {
    jobs: Jobs,
    job: JobId,
    after: u64,
    percent: u8,
    told: broadcast::Receiver<JobEvent>,
    is_told: bool,
    is_over: bool,
}

impl Jobs {
    /// Streams what happens to a job: its log after the event of this sequence number, then what comes, to an event
    /// `jobFinished`. Progress is told by events `stepProgressed` where this server runs the job, `jobProgressed` where
    /// another one does. `None` if there is no such job.
    ///
    /// # Errors
    /// If the store can't be reached; also as an item, which is the last one then.
    pub async fn events(&self, job: JobId, after: u64) -> Result<Option<JobEvents>> {
        if self.shared.store.job(job).await?.is_none() {
            return Ok(None);
        }
        let (told, is_told) = self.listen(job);
        let listener = Listener { jobs: self.clone(), job, after, percent: 0, told, is_told, is_over: false };
        let batches = stream::unfold(listener, |mut listener| async {
            let batch = listener.next().await?;
            Some((stream::iter(batch), listener))
        });
        Ok(Some(Box::pin(batches.flatten())))
    }

    fn listen(&self, job: JobId) -> (broadcast::Receiver<JobEvent>, bool) {
        match self.shared.running.get(job) {
            Some(running) => (running.listeners.subscribe(), true),
            None => (broadcast::channel(1).1, false),
        }
    }
}

impl Listener {
    /// The next events. `None` after the last.
    async fn next(&mut self) -> Option<Vec<Result<JobEvent>>> {
        if self.is_over {
            return None;
        }
        loop {
            match self.look().await {
                Ok(events) if events.is_empty() => {}
                Ok(events) => return Some(events.into_iter().map(Ok).collect()),
                Err(error) => {
                    self.is_over = true;
                    return Some(vec![Err(error)]);
                }
            }
            if let Some(event) = self.wait().await {
                return Some(vec![Ok(event)]);
            }
        }
    }

    /// Waits for progress, which is given, or for a reason to look again.
    async fn wait(&mut self) -> Option<JobEvent> {
        if !self.is_told {
            (self.told, self.is_told) = self.jobs.listen(self.job);
        }
        if !self.is_told {
            tokio::time::sleep(LOOK_EVERY).await;
            return None;
        }
        let told = tokio::select! {
            told = self.told.recv() => told,
            () = tokio::time::sleep(LOOK_EVERY) => return None,
        };
        match told {
            Ok(event) if event.event["event"] == "stepProgressed" => Some(event),
            // The store has it, with its number.
            Ok(_) | Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => {
                self.is_told = false;
                None
            }
        }
    }

    /// Reads what the store has of it by now.
    async fn look(&mut self) -> Result<Vec<JobEvent>> {
        let store = &self.jobs.shared.store;
        // The job is read first: once it is over its log does not grow.
        let job = store.job(self.job).await?;
        let mut events = store.events(self.job, self.after, BATCH).await?;
        if let Some(last) = events.last().and_then(|event| event.sequence) {
            self.after = last;
        }
        let is_all = events.len() < BATCH as usize;
        let Some(job) = job else {
            self.is_over = true;
            return Ok(events);
        };
        if job.status.is_final() && is_all {
            self.is_over = true;
            events.push(finished(&job));
        } else if !self.is_told && job.percent > self.percent {
            self.percent = job.percent;
            let event = json!({"event": "jobProgressed", "percentComplete": job.percent});
            events.push(JobEvent { sequence: None, at: Utc::now(), event });
        }
        Ok(events)
    }
}

fn finished(job: &Job) -> JobEvent {
    let event = json!({
        "event": "jobFinished",
        "status": job.status,
        "errorMessage": job.error_message,
        "table": job.table,
        "rowCount": job.row_count,
    });
    JobEvent { sequence: None, at: job.finished_at.unwrap_or(job.updated_at), event }
}
