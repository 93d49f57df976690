//! One publish, from request to report.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    Action, Artifact, Cancel, Error, ErrorKind, Event, EventSink, ExactlyOnce, JournalEntry, LockKey,
    NoEvents, Plan, PublishRequest, Report, Result, ResultReader, ResultSet, RowProof, RunContext, RunId,
    RunOutcome, Storages, TableName, TableNaming, Target,
};

use super::Engine;
use super::attempt::{AttemptEnd, attempt};
use super::call::{Connection, within};
use super::counted::ByteCounts;
use super::digest::digest;
use super::naming::stamped;
use super::resolve::resolve;
use super::settle::{Settled, settle};

/// What is known of a publish once its request was checked.
#[derive(Debug)]
pub(super) struct Publish<'a> {
    pub(super) engine: &'a Engine,
    pub(super) target: &'a Arc<dyn Target>,
    pub(super) request: &'a PublishRequest,
    pub(super) action: &'a Arc<dyn Action>,
    /// The table as asked, before a timestamp.
    pub(super) asked: TableName,
    pub(super) digest: String,
    pub(super) context: RunContext,
    /// The host's storages, counted.
    pub(super) storages: Storages,
    counts: ByteCounts,
    started: Instant,
}

/// What an attempt takes over from those before it.
#[derive(Debug, Default)]
pub(super) struct AttemptStart {
    /// Which try, from 1.
    pub(super) number: u32,
    /// The table's name, once it was made.
    pub(super) table: Option<TableName>,
    /// What earlier tries made and could not remove.
    pub(super) carried: Vec<Artifact>,
}

/// See [`Engine::plan`].
pub(super) async fn plan(
    engine: &Engine,
    target: &Arc<dyn Target>,
    request: &PublishRequest,
) -> Result<Plan> {
    let publish = Publish::new(engine, target, request, Arc::new(NoEvents), &Cancel::default())?;
    let results = resolve(&publish).await?;
    let mut connection = Connection::new(target);
    let start = AttemptStart { number: 1, ..AttemptStart::default() };
    let planned = publish.plan(&results, &start, &mut connection, &publish.context).await;
    connection.close(&publish.context).await;
    planned
}

/// See [`Engine::publish`].
pub(super) async fn publish(
    engine: &Engine,
    target: &Arc<dyn Target>,
    request: &PublishRequest,
    events: Arc<dyn EventSink>,
    cancel: &Cancel,
) -> Result<Report> {
    let publish = Publish::new(engine, target, request, events, cancel)?;
    let key = LockKey::new(target.identity(), publish.asked.clone());
    let lock = engine.locks.lock(&key, publish.context.run()).await?;
    let report = Box::pin(publish.run()).await;
    drop(lock);
    if let Ok(report) = &report {
        publish.context.emit(&Event::RunFinished { outcome: report.outcome });
    }
    report
}

impl<'a> Publish<'a> {
    fn new(
        engine: &'a Engine,
        target: &'a Arc<dyn Target>,
        request: &'a PublishRequest,
        events: Arc<dyn EventSink>,
        cancel: &Cancel,
    ) -> Result<Self> {
        let action = engine.registry.action(&request.action)?;
        let asked = target.table_name(&request.path, &request.table)?;
        if action.table_naming(request) == TableNaming::Timestamp {
            // The longest name that the action can make must be legal, before anything else is done.
            let longest = stamped(&asked, chrono::DateTime::UNIX_EPOCH);
            target.table_name(&request.path, &longest.name).map_err(|error| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    "The table's name with its timestamp is not legal; shorten it",
                )
                .with_context("table", &longest)
                .with_source(error)
            })?;
        }
        let run = request.run_id.clone().unwrap_or_else(RunId::generate);
        let counts = ByteCounts::default();
        let storages = counts.over(engine.registry.storages());
        let context = RunContext::new(run, request.deadline.unwrap_or(engine.settings.deadline))
            .with_events(events)
            .with_cancel(cancel.clone())
            .with_storages(storages.clone())
            .with_exactly_once(request.options.exactly_once)
            .with_options(request.options.extra.clone());
        let digest = digest(target.as_ref(), request);
        Ok(Self {
            engine,
            target,
            request,
            action,
            asked,
            digest,
            context,
            storages,
            counts,
            started: Instant::now(),
        })
    }

    async fn run(&self) -> Result<Report> {
        let first = match settle(self).await? {
            Settled::Fresh(start) => start,
            Settled::Published(entry, leftovers) => return Ok(self.already_published(&entry, leftovers)),
            Settled::InDoubt(entry, error) => {
                let report = self.report(RunOutcome::InDoubt, entry.record.table, entry.record.attempt);
                return Ok(Report { error: Some(error), file_count: entry.record.file_count, ..report });
            }
        };
        // Looking at the files changes nothing: it may simply be dropped.
        let results = tokio::select! {
            biased;
            () = self.context.cancelled() => return Err(RunContext::cancelled_error()),
            results = within(&self.context, resolve(self)) => results?,
        };
        Box::pin(self.attempts(first, &results)).await
    }

    /// Tries until it is published, or trying again does not help.
    async fn attempts(&self, first: AttemptStart, results: &ResultSet) -> Result<Report> {
        let reader = Arc::new(self.reader(results)?);
        let settings = &self.engine.settings;
        let mut start = first;
        let mut tries = 0;
        let mut failed: Option<Report> = None;
        loop {
            tries += 1;
            let context = self.context.at_attempt(start.number).with_reader(Arc::clone(&reader));
            let context = match self.request.options.row_proof {
                RowProof::Target => context.with_expected_rows(None),
                RowProof::Files => context,
            };
            let file_count = results.files.len() as u64;
            let (error, report) = match Box::pin(attempt(self, results, &start, &context)).await {
                AttemptEnd::Refused(error) => match failed {
                    // Nothing was begun by this call: the caller hears the plain error.
                    None => return Err(error),
                    Some(report) => return Ok(Report { error: Some(error), ..report }),
                },
                AttemptEnd::Published { table, rows, leftovers, notes } => {
                    let report = self.report(RunOutcome::Published, table, tries);
                    return Ok(Report { row_count: rows, file_count, leftovers, notes, ..report });
                }
                AttemptEnd::InDoubt { table, error, notes } => {
                    let report = self.report(RunOutcome::InDoubt, table, tries);
                    return Ok(Report { error: Some(error), notes, ..report });
                }
                AttemptEnd::RolledBack { table, error, leftovers, carried, notes } => {
                    let outcome = if leftovers.is_empty() {
                        RunOutcome::RolledBack
                    } else {
                        RunOutcome::RollbackFailed
                    };
                    let report = Report { leftovers, notes, ..self.report(outcome, table.clone(), tries) };
                    start = AttemptStart { number: start.number + 1, table: Some(table), carried };
                    (error, report)
                }
            };
            let delay = settings.delay_before(tries + 1);
            if !may_help(&error) || tries >= settings.max_attempts || delay >= self.context.remaining() {
                return Ok(Report { error: Some(error), ..report });
            }
            self.context.emit(&Event::RunRetried { attempt: tries + 1, error: error.to_string() });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.context.cancelled() => {
                    return Ok(Report { error: Some(RunContext::cancelled_error()), ..report });
                }
            }
            failed = Some(report);
        }
    }

    fn reader(&self, results: &ResultSet) -> Result<ResultReader> {
        let registry = &self.engine.registry;
        let format = Arc::clone(registry.format(results.format)?);
        Ok(ResultReader::new(results.clone(), format, self.storages.clone())
            .with_batch_rows(self.engine.settings.batch_rows)
            .with_budget(self.engine.settings.budget_bytes))
    }

    fn report(&self, outcome: RunOutcome, table: TableName, attempts: u32) -> Report {
        Report {
            run: self.context.run().clone(),
            action: self.action.name().clone(),
            target: self.target.name().clone(),
            table,
            outcome,
            was_published_before: false,
            row_count: None,
            file_count: 0,
            bytes_read: self.counts.read(),
            bytes_written: self.counts.written(),
            attempts,
            error: None,
            leftovers: Vec::new(),
            notes: Vec::new(),
            elapsed: self.started.elapsed(),
        }
    }

    fn already_published(&self, entry: &JournalEntry, leftovers: Vec<Error>) -> Report {
        let record = &entry.record;
        Report {
            was_published_before: true,
            row_count: entry.rows_published,
            file_count: record.file_count,
            leftovers,
            notes: vec!["this run had been published before: nothing was loaded now".to_owned()],
            ..self.report(RunOutcome::Published, record.table.clone(), record.attempt)
        }
    }

    /// Whether the run is recorded at the target.
    pub(super) fn keeps_journal(&self) -> bool {
        self.request.options.exactly_once == ExactlyOnce::On
    }
}

/// Whether the whole run may go better at another try, now that the failed one was put back.
fn may_help(error: &Error) -> bool {
    use crate::Retry;
    match error.kind() {
        ErrorKind::Cancelled | ErrorKind::TimedOut => false,
        ErrorKind::StalePlan => true,
        _ => matches!(error.retry(), Retry::Safe | Retry::InDoubt),
    }
}
