//! A session: one connection to HiveServer2, opened when it is needed, and the journal beside it.

mod check;
mod convert;
mod describe;
mod facts;
mod lengths;
mod prepare;
mod references;
mod server;
mod tidy;

pub(crate) use convert::ConvertFiles;
pub(crate) use facts::ServerFacts;
pub(crate) use lengths::{CheckLengths, LimitedColumn};
pub(crate) use server::{Clients, Server, Stop, stale};
pub(crate) use tidy::file_names;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use publish_core::{
    Artifact, Check, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome, Prepare,
    PrepareWork, Prepared, Result, RunContext, Storages, TableName, TableState, TargetSession,
};
use serde::Deserialize;

use crate::commit;
use crate::config::HiveConfig;
use crate::files::TakeFiles;
use crate::journal::HiveJournal;
use crate::table::HiveTable;
use references::Proof;

/// A session at a Hive.
#[derive(Debug)]
pub(crate) struct HiveSession {
    pub(crate) config: Arc<HiveConfig>,
    pub(crate) server: Server,
    pub(crate) journal: HiveJournal,
    pub(crate) storages: Storages,
    /// What the server told of itself, once it was asked.
    facts: Option<ServerFacts>,
    /// The run it was opened for: what calls that name no run go by.
    run: RunContext,
}

impl HiveSession {
    pub(crate) fn new(config: &Arc<HiveConfig>, clients: &Clients, run: &RunContext) -> Result<Self> {
        let storages = run.storages().clone();
        let storage = storages.at(&config.staging).map_err(|error| {
            error.with_context("setting", "staging").with_context("needs", "a storage of that scheme")
        })?;
        let journal = HiveJournal::new(Arc::clone(storage), config.staging.join("journal")?)?
            .with_lease(Duration::from_secs(config.lease_seconds));
        let server = Server::new(clients.clone());
        let config = Arc::clone(config);
        Ok(Self { config, server, journal, storages, facts: None, run: run.clone() })
    }
}

#[async_trait]
impl TargetSession for HiveSession {
    /// Decides what a dead engine left half-way on the table, so that nobody else's plan meets it.
    async fn recover(&mut self, table: &TableName, run: &RunContext) -> Result<()> {
        commit::recover(self, table, run).await
    }

    async fn check(&mut self, run: &RunContext) -> Vec<Check> {
        self.try_out(run).await
    }

    async fn facts(&mut self) -> Result<serde_json::Value> {
        let run = self.run.clone();
        let facts = self.server_facts(&run).await?;
        serde_json::to_value(facts).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "What the server told has no JSON form").with_source(error)
        })
    }

    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        let run = self.run.clone();
        match self.describe(table, &run).await? {
            Some(description) => Ok(TableState::Present(HiveTable::found(&description)?)),
            None => Ok(TableState::Absent),
        }
    }

    async fn prepare(&mut self, step: &Prepare, run: &RunContext) -> Result<Prepared> {
        match &step.work {
            PrepareWork::StageTable(work) => self.fill_beside(work, &step.statements, run).await,
            PrepareWork::Custom { name, arguments } if name == TakeFiles::NAME => {
                let take: TakeFiles = read(arguments)?;
                take.carry_out(run).await
            }
            PrepareWork::Custom { name, arguments } if name == ConvertFiles::NAME => {
                let convert: ConvertFiles = read(arguments)?;
                self.convert(&convert, &step.statements, run).await
            }
            PrepareWork::Custom { name, arguments } if name == CheckLengths::NAME => {
                let check: CheckLengths = read(arguments)?;
                check.carry_out(run).await
            }
            _ => {
                Err(Error::new(ErrorKind::Unsupported, "The plan has a step that this target does not know")
                    .with_context("step", &step.title))
            }
        }
    }

    async fn undo(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        self.remove(artifact, Proof::Sought, run).await
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        commit::commit(self, commit, run).await
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        commit::outcome(self, entry, run).await
    }

    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        self.remove(artifact, Proof::Required, run).await
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.journal
    }

    async fn close(self: Box<Self>) -> Result<()> {
        self.server.close().await
    }
}

fn read<'a, T: Deserialize<'a>>(arguments: &'a serde_json::Value) -> Result<T> {
    T::deserialize(arguments).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The plan is not one of this target").with_source(error)
    })
}
