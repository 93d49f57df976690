//! The jobs that this server runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use publish_core::Cancel;
use tokio::sync::broadcast;

use crate::{Beat, JobEvent, JobId};

/// Events that a slow listener may be behind before it misses some.
const LISTENER_BACKLOG: usize = 256;

/// A job that this server runs.
#[derive(Debug)]
pub(super) struct Running {
    /// Stops the run and puts things back.
    pub(super) cancel: Cancel,
    /// Drops the run as it stands: another server has it.
    pub(super) lost: Cancel,
    /// How far it is.
    pub(super) percent: AtomicU8,
    /// Tells listeners.
    pub(super) listeners: broadcast::Sender<JobEvent>,
}

impl Running {
    fn new() -> Self {
        let (listeners, _) = broadcast::channel(LISTENER_BACKLOG);
        Self { cancel: Cancel::default(), lost: Cancel::default(), percent: AtomicU8::new(0), listeners }
    }
}

/// The jobs that this server runs, by id.
#[derive(Debug, Default)]
pub(super) struct RunningJobs(Mutex<HashMap<JobId, Arc<Running>>>);

impl RunningJobs {
    /// Adds a job. `None` if it is there: this server still runs it from before it lost it.
    pub(super) fn add(&self, job: JobId) -> Option<Arc<Running>> {
        let mut jobs = self.jobs();
        if jobs.contains_key(&job) {
            return None;
        }
        let running = Arc::new(Running::new());
        jobs.insert(job, Arc::clone(&running));
        Some(running)
    }

    /// Takes a job away.
    pub(super) fn remove(&self, job: JobId) {
        self.jobs().remove(&job);
    }

    /// The job, if this server runs it.
    pub(super) fn get(&self, job: JobId) -> Option<Arc<Running>> {
        self.jobs().get(&job).cloned()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.jobs().len()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(JobId, Arc<Running>)> {
        self.jobs().iter().map(|(job, running)| (*job, Arc::clone(running))).collect()
    }

    /// A sign of life of each, in one order for all servers.
    pub(super) fn beats(&self) -> Vec<Beat> {
        let jobs = self.jobs();
        let beat = |(job, running): (&JobId, &Arc<Running>)| Beat {
            job: *job,
            percent: running.percent.load(Ordering::Relaxed),
        };
        let mut beats: Vec<Beat> = jobs.iter().map(beat).collect();
        beats.sort_unstable_by_key(|beat| beat.job);
        beats
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, Arc<Running>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
