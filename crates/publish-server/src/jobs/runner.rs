//! Takes jobs from the queue and runs them side by side.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use publish_core::Result;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::run::run;
use super::service::{Jobs, Shared};
use crate::{Job, JobId};

/// Time that runs get to put things back once they are handed over.
const PUT_BACK_TIME: Duration = Duration::from_secs(10);

/// Time that a part of a job's end may take before the server goes without it.
const LAST_WORD_TIME: Duration = Duration::from_secs(5);

/// Runs jobs until it is stopped. Dropping it drops its runs as they stand; their journals know.
#[derive(Debug)]
pub struct JobRunner {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl JobRunner {
    /// Begins to take jobs.
    ///
    /// # Errors
    /// [`Busy`](publish_core::ErrorKind::Busy) if another server uses a store that only one can.
    pub async fn start(jobs: &Jobs) -> Result<Self> {
        let shared = Arc::clone(&jobs.shared);
        shared.store.begin_server(&shared.server).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(take_jobs(Arc::clone(&shared)));
        tasks.spawn(beat(Arc::clone(&shared)));
        Ok(Self { shared, tasks })
    }

    /// Takes no more jobs, lets those that run end, and hands over what takes too long: it is put back, and another server,
    /// or this one at its next start, begins it anew.
    pub async fn stop(mut self) {
        let shared = &self.shared;
        shared.is_stopping.cancel();
        let all_over = async {
            while shared.running.count() > 0 {
                shared.job_ended.notified().await;
            }
        };
        if tokio::time::timeout(shared.settings.stop_time, all_over).await.is_err() {
            shared.is_handing_over.cancel();
            for (job, running) in shared.running.all() {
                tracing::info!(%job, "handing a job over");
                running.cancel.cancel();
            }
            let put_back = async {
                while shared.running.count() > 0 {
                    shared.job_ended.notified().await;
                }
            };
            if tokio::time::timeout(PUT_BACK_TIME, put_back).await.is_err() {
                self.tasks.abort_all();
                for (job, _) in shared.running.all() {
                    let release = shared.store.release(&shared.server, job, Duration::ZERO);
                    let _ = tokio::time::timeout(LAST_WORD_TIME, release).await;
                }
            }
        }
        self.tasks.shutdown().await;
    }
}

/// Claims jobs whenever a worker is free.
async fn take_jobs(shared: Arc<Shared>) {
    let mut workers: JoinSet<()> = JoinSet::new();
    loop {
        let is_stopping = shared.is_stopping.is_cancelled();
        let free = shared.settings.workers.saturating_sub(workers.len());
        if free > 0 && !is_stopping {
            match shared.store.claim(&shared.server, shared.settings.lease, free).await {
                Ok(jobs) => {
                    for job in jobs {
                        start(&shared, job, &mut workers);
                    }
                }
                Err(error) => tracing::warn!(error = %error, "the queue could not be read"),
            }
        }
        tokio::select! {
            Some(ended) = workers.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(error = %error, "a job's task ended badly");
                }
            }
            () = shared.job_added.notified(), if !is_stopping => {}
            () = tokio::time::sleep(shared.settings.poll) => {}
            () = shared.is_stopping.cancelled(), if !is_stopping => {}
        }
    }
}

fn start(shared: &Arc<Shared>, job: Job, workers: &mut JoinSet<()>) {
    let Some(running) = shared.running.add(job.id) else {
        // Its signs of life came too late. It is this server's again, and goes on.
        tracing::warn!(job = %job.id, "a job was claimed that this server still runs");
        return;
    };
    let span = tracing::info_span!("job", job = %job.id, session = %job.session_id, run = %job.run);
    let shared = Arc::clone(shared);
    let work = async move {
        // Whatever happens to the run, the worker is free afterwards.
        let _registered = Registered { shared: Arc::clone(&shared), job: job.id };
        tracing::info!(claim = job.claim_count, table = job.request.table, "job claimed");
        run(&shared, &job, &running).await;
    };
    workers.spawn(work.instrument(span));
}

/// A job's place among those that run.
struct Registered {
    shared: Arc<Shared>,
    job: JobId,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.shared.running.remove(self.job);
        self.shared.job_ended.notify_one();
    }
}

/// Gives signs of life, and hears which jobs are cancelled or lost.
async fn beat(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.settings.beat).await;
        let beats = shared.running.beats();
        let pulses = match shared.store.heartbeat(&shared.server, &beats).await {
            Ok(pulses) => pulses,
            Err(error) => {
                tracing::warn!(error = %error, "a sign of life could not be given");
                continue;
            }
        };
        let alive: HashSet<_> = pulses.iter().map(|pulse| pulse.job).collect();
        for beat in &beats {
            let Some(running) = shared.running.get(beat.job) else { continue };
            if !alive.contains(&beat.job) {
                running.lost.cancel();
            }
        }
        for pulse in pulses.iter().filter(|pulse| pulse.cancel_requested) {
            if let Some(running) = shared.running.get(pulse.job) {
                running.cancel.cancel();
            }
        }
    }
}
