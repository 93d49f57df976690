//! What is asked of jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use publish_core::{Cancel, Engine, Error, ErrorKind, Plan, PublishRequest, Result, RunId, Source, Target};
use tokio::sync::Notify;
use uuid::Uuid;

use super::JobSettings;
use super::outputs::{pick_output, schema};
use super::running::RunningJobs;
use crate::{
    AllowedLocations, Connections, Job, JobGroupId, JobId, JobRequest, JobStatus, NewJob, PublishCall,
    ServerId, Store,
};

/// Accepts, plans and cancels jobs. [`JobRunner`](crate::JobRunner) runs them.
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(super) shared: Arc<Shared>,
}

/// What this server's jobs have come to since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobCounts {
    /// Running now.
    pub running: u64,
    /// Published.
    pub complete: u64,
    /// Not published.
    pub failed: u64,
    /// Cancelled.
    pub canceled: u64,
}

/// What all parts of the service share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) server: ServerId,
    engine: Engine,
    pub(super) store: Arc<dyn Store>,
    pub(super) connections: Connections,
    locations: AllowedLocations,
    pub(super) settings: JobSettings,
    pub(super) running: RunningJobs,
    pub(super) job_added: Notify,
    pub(super) job_ended: Notify,
    pub(super) is_stopping: Cancel,
    pub(super) is_handing_over: Cancel,
    complete: AtomicU64,
    failed: AtomicU64,
    canceled: AtomicU64,
}

impl Shared {
    /// The engine with the storage that the results are read by, if they may be read. Looked at each time: the list may have
    /// become shorter since the results were registered.
    pub(super) async fn engine_for(&self, request: &JobRequest) -> Result<Engine> {
        request.output.locations.iter().try_for_each(|at| self.locations.check(at))?;
        let engine = self.engine.clone();
        match request.output.storage_connection {
            None => Ok(engine),
            Some(id) => {
                let storage = self.connections.storage(id).await?;
                Ok(engine.with_registry(|registry| registry.with_storage(&storage)))
            }
        }
    }

    /// Counts a job that this server ended.
    pub(super) fn count(&self, status: JobStatus) {
        let counter = match status {
            JobStatus::Complete => &self.complete,
            JobStatus::Canceled => &self.canceled,
            _ => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Jobs {
    /// Runs jobs by what `engine` offers, with results from these locations.
    pub fn new(
        engine: Engine,
        store: Arc<dyn Store>,
        connections: Connections,
        locations: AllowedLocations,
        settings: JobSettings,
    ) -> Self {
        let shared = Shared {
            server: ServerId::generate(),
            engine,
            store,
            connections,
            locations,
            settings,
            running: RunningJobs::default(),
            job_added: Notify::new(),
            job_ended: Notify::new(),
            is_stopping: Cancel::default(),
            is_handing_over: Cancel::default(),
            complete: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            canceled: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Where results may be read from.
    pub(crate) fn locations(&self) -> &AllowedLocations {
        &self.shared.locations
    }

    /// This server's name among those that share the store.
    pub fn server(&self) -> &ServerId {
        &self.shared.server
    }

    /// What this server's jobs have come to.
    pub fn counts(&self) -> JobCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        JobCounts {
            running: self.shared.running.count() as u64,
            complete: read(&self.shared.complete),
            failed: read(&self.shared.failed),
            canceled: read(&self.shared.canceled),
        }
    }

    /// Checks a request as far as that can be done in time, and stores it as a job that is `InProgress`.
    ///
    /// # Errors
    /// Whatever is wrong with the request: [`InvalidRequest`](ErrorKind::InvalidRequest),
    /// [`Unsupported`](ErrorKind::Unsupported), [`NotFound`](ErrorKind::NotFound) of a table that has to be there,
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) and others. [`Busy`](ErrorKind::Busy) while another job publishes to
    /// the table, naming it in the context `job`.
    pub async fn submit(&self, call: &PublishCall) -> Result<Job> {
        let (request, target) = self.resolve(call).await?;
        let publish = publish_request(&request)?;
        let engine = self.shared.engine_for(&request).await?;
        let table = target.table_name(&publish.path, &publish.table)?;
        // Planning changes nothing: what is not done in time is dropped.
        let plan = plan(engine, Arc::clone(&target), publish.clone());
        match tokio::time::timeout(self.shared.settings.check_time, plan).await {
            Ok(Err(error)) if !matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::TimedOut) => {
                return Err(self.without_secrets(&request, error).await);
            }
            // What could not be looked at in time is looked at by the job.
            Ok(_) | Err(_) => {}
        }
        let job = NewJob {
            group: call.group,
            request,
            run: RunId::generate(),
            lock_key: format!("{} {table}", target.identity()),
            session_id: Uuid::new_v4(),
            created_by: call.created_by,
        };
        let job = self.shared.store.create_job(&job).await?;
        self.shared.job_added.notify_one();
        Ok(job)
    }

    /// Says what a publish would do, and changes nothing.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), and [`TimedOut`](ErrorKind::TimedOut).
    pub async fn plan(&self, call: &PublishCall) -> Result<Plan> {
        let (request, target) = self.resolve(call).await?;
        let publish = publish_request(&request)?;
        let engine = self.shared.engine_for(&request).await?;
        let plan = plan(engine, target, publish);
        match tokio::time::timeout(self.shared.settings.plan_time, plan).await {
            Ok(Ok(plan)) => Ok(plan),
            Ok(Err(error)) => Err(self.without_secrets(&request, error).await),
            Err(_) => Err(Error::new(
                ErrorKind::TimedOut,
                "The plan took too long; ask again, or publish without it",
            )),
        }
    }

    /// Asks to cancel the unfinished jobs of a group, or one of them, and names them. Those that another server runs are
    /// stopped at its next sign of life.
    ///
    /// # Errors
    /// If the store can't be reached.
    pub async fn cancel(&self, group: JobGroupId, job: Option<JobId>) -> Result<Vec<JobId>> {
        let jobs = self.shared.store.cancel(group, job).await?;
        for job in &jobs {
            if let Some(running) = self.shared.running.get(*job) {
                running.cancel.cancel();
            }
        }
        Ok(jobs)
    }

    /// What a call means, with its output and its target.
    async fn resolve(&self, call: &PublishCall) -> Result<(JobRequest, Arc<dyn Target>)> {
        let group = self.shared.store.job_group(call.group).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "There is no such job group; register the results first")
                .with_context("job group", call.group)
        })?;
        let connections = &self.shared.connections;
        let target = connections.target(call.connection).await?;
        let mut output = pick_output(&group.outputs, call)?.clone();
        if output.storage_connection.is_none() {
            output.storage_connection = connections.results_storage(call.connection).await?;
        }
        let request = JobRequest {
            connection: call.connection,
            path: call.path.clone(),
            table: call.table.clone(),
            action: call.action.clone(),
            output,
            options: call.options.clone(),
        };
        Ok((request, target))
    }

    async fn without_secrets(&self, request: &JobRequest, error: Error) -> Error {
        match self.shared.connections.redactor(request.connection).await {
            Ok(redactor) => redactor.error(&error),
            Err(error) => error,
        }
    }
}

/// Plans, apart from whoever asks.
fn plan(
    engine: Engine,
    target: Arc<dyn Target>,
    request: PublishRequest,
) -> BoxFuture<'static, Result<Plan>> {
    async move { engine.plan(&target, &request).await }.boxed()
}

/// What the engine is asked.
pub(super) fn publish_request(request: &JobRequest) -> Result<PublishRequest> {
    let output = &request.output;
    let mut options = output.options.clone();
    options.schema = output.schema.as_deref().map(schema).transpose()?;
    let source = Source::new(output.locations.clone()).with_format(output.format).with_options(options);
    Ok(PublishRequest::new(source, &request.table, request.action.clone())
        .with_path(request.path.clone())
        .with_options(request.options.clone()))
}
