//! A session: one connection.

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    Artifact, Check, Commit, Committed, Error, ErrorKind, FileMeta, Journal, JournalEntry, Outcome, Phase,
    Prepare, PrepareWork, Prepared, Result, RunContext, TableName, TableState, TargetSession,
};

use crate::commit::Act;
use crate::config::RedshiftConfig;
use crate::connect::{Connector, Link};
use crate::detail::{ANALYZE, BesideStep, Detail, LOAD_BESIDE, ManifestStep, VACUUM, WRITE_MANIFEST};
use crate::inspect::inspect;
use crate::load::Load;
use crate::script::Script;
use crate::sql::journal::JournalSql;
use crate::{manifest, sql};

/// A session on a database.
#[derive(Debug)]
pub(crate) struct RedshiftSession {
    pub(crate) link: Link,
    pub(crate) journal: JournalSql,
    /// Whether the journal's tables were seen.
    pub(crate) has_journal: bool,
    connector: Connector,
    config: Arc<RedshiftConfig>,
}

impl RedshiftSession {
    pub(crate) fn new(
        link: Link,
        connector: &Connector,
        config: &Arc<RedshiftConfig>,
        journal: &JournalSql,
    ) -> Self {
        Self {
            link,
            journal: journal.clone(),
            has_journal: false,
            connector: connector.clone(),
            config: Arc::clone(config),
        }
    }

    fn load<'a>(&'a self, run: &'a RunContext) -> Result<Load<'a>> {
        let authorization = self.config.copy.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "COPY needs `iam_role` or keys; set them in the connection")
        })?;
        Ok(Load { link: &self.link, connector: &self.connector, authorization, run })
    }

    async fn write_manifest(&self, step: &ManifestStep, run: &RunContext) -> Result<Prepared> {
        let files: Vec<FileMeta> = match step.step() {
            Some(staging) => {
                let staged = run.prepared(staging).ok_or_else(|| {
                    Error::new(ErrorKind::Unexpected, "The files to list were not staged by this attempt")
                })?;
                staged.files
            }
            None => run.reader()?.results().files.iter().map(|file| file.meta.clone()).collect(),
        };
        manifest::write(&step.at, &files, run).await?;
        Ok(Prepared::default())
    }

    /// Makes and loads a table beside, all of it or nothing. What an earlier try left is dropped first.
    async fn load_beside(&self, step: &BesideStep, run: &RunContext) -> Result<Prepared> {
        self.link.ask(&sql::drop_table_if_exists(&step.table)).await?;
        let load = self.load(run)?;
        let loaded = async {
            self.link.run_stoppable(sql::BEGIN, run).await?;
            self.link.run_stoppable(&step.create, run).await?;
            let rows = load.copy(&step.copy).await?;
            load.check_rows(rows)?;
            run.check_cancelled()?;
            // A lost answer leaves the table there or not: the next try drops it first, and so does an undo.
            self.link.run(sql::COMMIT).await?;
            Ok(rows)
        };
        match loaded.await {
            Ok(rows) => Ok(Prepared::rows(rows)),
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }

    /// Takes an open transaction back. Where that fails the connection is gone, and the service does it by itself.
    pub(crate) async fn roll_back(&self) {
        if self.link.is_closed() {
            return;
        }
        if let Err(error) = self.link.ask(sql::ROLLBACK).await {
            tracing::debug!(error = %error, "taking a transaction back failed");
        }
    }

    async fn remove(&self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        match artifact {
            Artifact::Table { table } => {
                self.link.run_stoppable(&sql::drop_table_if_exists(table), run).await.map_err(Error::from)?;
                Ok(())
            }
            Artifact::Custom { name, arguments } if name == ANALYZE || name == VACUUM => {
                let table: TableName = read(&arguments["table"])?;
                let statement = if name == ANALYZE { sql::analyze(&table) } else { sql::vacuum(&table) };
                match self.link.run_stoppable(&statement, run).await.map_err(Error::from) {
                    // It is a favour: only the table's owner may do it, and a table that is gone needs none.
                    Err(error)
                        if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::StalePlan) =>
                    {
                        run.log(format!("left out: {statement}: {error}"));
                        Ok(())
                    }
                    done => done.map(|_| ()),
                }
            }
            other => Err(Error::new(ErrorKind::Unsupported, "A Redshift plan makes no such thing")
                .with_context("artifact", other)),
        }
    }
}

#[async_trait]
impl TargetSession for RedshiftSession {
    /// The connection is tried by a statement of its own. COPY's authorization shows only when files are there.
    async fn check(&mut self, run: &RunContext) -> Vec<Check> {
        let asked = self.link.run_stoppable("SELECT current_user, version()", run).await;
        let found = asked.map_err(Error::from).map(|answer| {
            let (user, version) = (answer.value(0).unwrap_or_default(), answer.value(1).unwrap_or_default());
            format!("as {user}, {version}")
        });
        vec![Check::new(format!("{}:{}", self.config.host, self.config.port), found)]
    }

    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        inspect(&self.link, table).await
    }

    async fn prepare(&mut self, step: &Prepare, run: &RunContext) -> Result<Prepared> {
        match &step.work {
            PrepareWork::Custom { name, arguments } if name == WRITE_MANIFEST => {
                self.write_manifest(&read(arguments)?, run).await
            }
            PrepareWork::Custom { name, arguments } if name == LOAD_BESIDE => {
                self.load_beside(&read(arguments)?, run).await
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "A Redshift plan has no such step")
                .with_context("step", &step.title)),
        }
    }

    async fn undo(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        self.remove(artifact, run).await
    }

    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        let detail = Detail::read(&commit.detail)?;
        let script = Script {
            detail: &detail,
            table: &commit.table,
            columns: &commit.columns.columns,
            keeps_journal: run.keeps_journal(),
        };
        let steps = script.steps();
        let load = if detail.copy.is_some() { Some(self.load(run)?) } else { None };
        let act = Act { link: &self.link, journal: &self.journal, load, commit, detail: &detail, run };
        let carried = act.carry_out(&steps).await;
        if carried.is_err() {
            self.roll_back().await;
        }
        carried
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        if !run.keeps_journal() {
            return Ok(Outcome::Unknown);
        }
        let record = &entry.record;
        let found = match self.journal().fence(&record.run, record.attempt).await {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Outcome::Unknown),
            Err(error) => return Err(error),
        };
        Ok(match found.phase {
            Phase::Published => Outcome::Done(Committed::rows(found.rows_published)),
            // A later attempt that is under way has taken the place of this one, which can't commit any more.
            _ => Outcome::NotDone,
        })
    }

    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        self.remove(artifact, run).await
    }

    fn journal(&mut self) -> &mut dyn Journal {
        self
    }

    async fn close(self: Box<Self>) -> Result<()> {
        self.link.close().await;
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(arguments: &serde_json::Value) -> Result<T> {
    serde_json::from_value(arguments.clone()).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The plan is not one of this target").with_source(error)
    })
}
