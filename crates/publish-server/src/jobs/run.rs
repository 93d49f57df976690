//! One job, from its claim to its end.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use publish_core::{
    Cancel, Engine, Error, ErrorKind, EventSink, PublishRequest, Report, Result, RunOutcome, Target,
};
use serde_json::json;

use super::log::JobSink;
use super::running::Running;
use super::service::{Shared, publish_request};
use crate::connect::Redactor;
use crate::{Job, JobEnd, JobStatus};

/// Waits before a job that somebody else is working on is looked at again: so many times its claims, up to the longest.
const BUSY_WAIT: Duration = Duration::from_millis(500);

/// The longest such wait.
const MAX_BUSY_WAIT: Duration = Duration::from_secs(15);

/// Wait before the store is told again that a job is over.
const STORE_WAIT: Duration = Duration::from_millis(500);

/// How a try of a job ended.
enum TryEnd {
    /// The job is over.
    Over(JobEnd),
    /// It has to be tried again, by whoever claims it after this time.
    Again(Duration),
    /// Another server has it.
    Lost,
}

/// Runs a claimed job, and tells the store how it ended.
pub(super) async fn run(shared: &Shared, job: &Job, running: &Arc<Running>) {
    if job.cancel_requested {
        // The engine then ends what an earlier try began, and begins nothing.
        running.cancel.cancel();
    }
    let end = tokio::select! {
        biased;
        () = running.lost.cancelled() => TryEnd::Lost,
        end = attempt(shared, job, running).boxed() => end,
    };
    match end {
        TryEnd::Lost => tracing::warn!(job = %job.id, "another server took the job over"),
        TryEnd::Again(delay) => {
            if let Err(error) = shared.store.release(&shared.server, job.id, delay).await {
                // Its lease runs out, and it is claimed then.
                tracing::warn!(job = %job.id, error = %error, "a job could not be given back");
            }
        }
        TryEnd::Over(end) => finish(shared, job, running, &end).await,
    }
}

async fn attempt(shared: &Shared, job: &Job, running: &Arc<Running>) -> TryEnd {
    if job.claim_count > shared.settings.max_claims {
        let message = "The job was taken by servers too often without an end; look at their logs";
        return failed(&Error::new(ErrorKind::Unexpected, message), &Redactor::default());
    }
    let ready = match prepare(shared, job).await {
        Ok(ready) => ready,
        Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::TimedOut) => {
            return TryEnd::Again(busy_wait(job));
        }
        Err(error) if job.claim_count > 1 => {
            let hint = "an earlier try may have published: look at the table";
            return failed(&error.with_context("note", hint), &Redactor::default());
        }
        Err(error) => return failed(&error, &Redactor::default()),
    };
    let max_events = shared.settings.max_log_events;
    let (sink, writer) = JobSink::new(Arc::clone(running), ready.redactor.clone(), max_events);
    sink.log(json!({"event": "jobClaimed", "server": shared.server, "claim": job.claim_count}));
    let sink: Arc<dyn EventSink> = Arc::new(sink);
    let is_over = Cancel::default();
    let redactor = ready.redactor.clone();
    let publish = publish(ready, sink, running.cancel.clone(), is_over.clone());
    let (result, ()) = tokio::join!(publish, writer.write(job.id, shared.store.as_ref(), running, &is_over));
    ended(shared, job, result, &redactor)
}

/// What a run needs.
struct Ready {
    engine: Engine,
    target: Arc<dyn Target>,
    request: PublishRequest,
    redactor: Redactor,
}

/// Publishes, then says that it is over.
fn publish(
    ready: Ready,
    events: Arc<dyn EventSink>,
    cancel: Cancel,
    is_over: Cancel,
) -> BoxFuture<'static, Result<Report>> {
    async move {
        let result = ready.engine.publish(&ready.target, &ready.request, events, &cancel).await;
        is_over.cancel();
        result
    }
    .boxed()
}

async fn prepare(shared: &Shared, job: &Job) -> Result<Ready> {
    let target = shared.connections.target(job.request.connection).await?;
    let engine = shared.engine_for(&job.request).await?;
    let request = publish_request(&job.request)?.with_run_id(job.run.clone());
    let mut redactor = shared.connections.redactor(job.request.connection).await?;
    if let Some(storage) = job.request.output.storage_connection {
        redactor = redactor.and(&shared.connections.redactor(storage).await?);
    }
    Ok(Ready { engine, target, request, redactor })
}

fn ended(shared: &Shared, job: &Job, result: Result<Report>, redactor: &Redactor) -> TryEnd {
    match result {
        Ok(report) if report.outcome == RunOutcome::Published => TryEnd::Over(JobEnd {
            status: JobStatus::Complete,
            error_message: None,
            table: Some(report.table),
            row_count: report.row_count,
        }),
        Ok(report) => {
            let is_cancelled =
                report.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Cancelled);
            if is_cancelled && report.outcome == RunOutcome::RolledBack {
                return cancelled(shared);
            }
            failed_run(&report, redactor)
        }
        // Somebody else is on it: an engine that this server thinks dead, or this server itself.
        Err(error) if error.kind() == ErrorKind::Busy => TryEnd::Again(busy_wait(job)),
        Err(error) if error.kind() == ErrorKind::Cancelled => cancelled(shared),
        Err(error) => failed(&error, redactor),
    }
}

fn cancelled(shared: &Shared) -> TryEnd {
    if shared.is_handing_over.is_cancelled() {
        return TryEnd::Again(Duration::ZERO);
    }
    TryEnd::Over(JobEnd {
        status: JobStatus::Canceled,
        error_message: Some("The publish was cancelled, and nothing was changed".to_owned()),
        table: None,
        row_count: None,
    })
}

fn failed(error: &Error, redactor: &Redactor) -> TryEnd {
    TryEnd::Over(JobEnd {
        status: JobStatus::Failed,
        error_message: Some(redactor.text(&error.to_string())),
        table: None,
        row_count: None,
    })
}

fn failed_run(report: &Report, redactor: &Redactor) -> TryEnd {
    let mut message = match &report.error {
        Some(error) => error.to_string(),
        None => format!("The run is {}", report.outcome),
    };
    for leftover in &report.leftovers {
        message.push_str(&format!("; left behind: {leftover}"));
    }
    TryEnd::Over(JobEnd {
        status: JobStatus::Failed,
        error_message: Some(redactor.text(&message)),
        table: (report.outcome == RunOutcome::InDoubt).then(|| report.table.clone()),
        row_count: None,
    })
}

fn busy_wait(job: &Job) -> Duration {
    BUSY_WAIT.saturating_mul(job.claim_count.max(1)).min(MAX_BUSY_WAIT)
}

/// Tells the store until it hears: the job's lease is renewed meanwhile.
async fn finish(shared: &Shared, job: &Job, running: &Running, end: &JobEnd) {
    loop {
        match shared.store.finish(&shared.server, job.id, end).await {
            Ok(true) => {
                shared.count(end.status);
                tracing::info!(job = %job.id, status = %end.status, "job finished");
                return;
            }
            Ok(false) => {
                tracing::warn!(job = %job.id, "another server took the job over");
                return;
            }
            Err(error) => {
                tracing::warn!(job = %job.id, error = %error, "the end of a job could not be stored")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(STORE_WAIT) => {}
            () = running.lost.cancelled() => return,
        }
    }
}
