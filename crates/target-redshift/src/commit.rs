//! The commit: one transaction, all of it or nothing.

use publish_core::{
    Commit, Committed, Error, ErrorKind, LoadSource, Requirement, Result, Retry, RunContext, TableName,
};

use crate::connect::Link;
use crate::detail::Detail;
use crate::error::commit_error;
use crate::inspect::{find_surroundings, find_version};
use crate::load::{Load, check_rows};
use crate::script::Step;
use crate::sql;
use crate::sql::journal::JournalSql;

/// What carrying a commit out needs.
#[derive(Debug)]
pub(crate) struct Act<'a> {
    pub(crate) link: &'a Link,
    pub(crate) journal: &'a JournalSql,
    pub(crate) load: Option<Load<'a>>,
    pub(crate) commit: &'a Commit,
    pub(crate) detail: &'a Detail,
    pub(crate) run: &'a RunContext,
}

impl Act<'_> {
    /// Takes every step. After an error the transaction is still open, unless the error says that it is in doubt.
    pub(crate) async fn carry_out(&self, steps: &[Step]) -> Result<Committed> {
        let mut rows = self.rows_beside();
        for step in steps {
            self.run.check_cancelled()?;
            match step {
                Step::CheckAttempt => self.check_attempt().await?,
                Step::Begin => {
                    self.statement(sql::BEGIN).await?;
                }
                Step::CheckTable => self.check_table().await?,
                Step::CheckSurroundings => self.check_surroundings().await?,
                Step::Run(statement) | Step::RunAlone(statement) => {
                    self.statement(statement).await?;
                }
                Step::Copy(copy) => {
                    let load = self.load.as_ref().ok_or_else(|| {
                        Error::new(ErrorKind::Unexpected, "The commit does not say where rows come from")
                    })?;
                    rows = Some(load.copy(copy).await?);
                }
                Step::Insert(statement) => {
                    let inserted = self.statement(statement).await?;
                    check_rows(inserted, rows)?;
                    rows = Some(inserted);
                }
                Step::CheckRows => {
                    if let Some(rows) = rows {
                        check_rows(rows, self.run.expected_rows())?;
                    }
                }
                Step::Evidence => self.write_evidence(rows).await?,
                Step::Commit => {
                    // From here on nothing stops it: half an answer would be worse than a late one.
                    self.link
                        .run(sql::COMMIT)
                        .await
                        .map_err(|failure| commit_error(failure.error, failure.is_told))?;
                }
            }
        }
        let made_empty = !self.commit.kind.loads_rows();
        Ok(Committed::rows(rows.or(made_empty.then_some(0))))
    }

    /// Rows of the table that was loaded beside.
    fn rows_beside(&self) -> Option<u64> {
        match self.commit.load {
            Some(LoadSource::Table(step)) => self.run.prepared(step)?.row_count,
            _ => None,
        }
    }

    async fn statement(&self, statement: &str) -> Result<u64> {
        let answer = self.link.run_stoppable(statement, self.run).await.map_err(Error::from);
        Ok(answer.map_err(|error| error.with_context("statement", statement))?.changed)
    }

    async fn check_attempt(&self) -> Result<()> {
        let asked = self.link.ask(&self.journal.gate_state(self.run.run(), self.run.attempt())).await;
        match asked {
            Ok(answer) if answer.value(0) == Some("prepared") => Ok(()),
            Ok(_) => Err(self.fenced()),
            // Without its gate the run was fenced off and closed.
            Err(error) if error.kind() == ErrorKind::StalePlan => Err(self.fenced().with_source(error)),
            Err(error) => Err(error),
        }
    }

    async fn check_table(&self) -> Result<()> {
        for requirement in &self.commit.requirements {
            match requirement {
                Requirement::Absent { table } => {
                    if find_version(self.link, table).await?.is_some() {
                        return Err(stale("The table was made by somebody else meanwhile", table));
                    }
                }
                Requirement::Unchanged { table, version } => {
                    if find_version(self.link, table).await?.as_ref() != Some(version) {
                        return Err(stale("The table's definition changed after the plan was made", table));
                    }
                }
                _ => {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        "This target does not know such a requirement",
                    ));
                }
            }
        }
        Ok(())
    }

    async fn check_surroundings(&self) -> Result<()> {
        let table = &self.commit.table;
        if find_surroundings(self.link, table).await? == self.detail.surroundings {
            return Ok(());
        }
        Err(stale("Grants, comments, owner or views of the table changed after the plan was made", table))
    }

    async fn write_evidence(&self, rows: Option<u64>) -> Result<()> {
        let rows = rows.unwrap_or_default().to_string();
        let evidence = self.journal.evidence(self.run.run(), self.run.attempt(), &rows);
        match self.statement(&evidence).await? {
            1 => Ok(()),
            _ => Err(self.fenced()),
        }
    }

    fn fenced(&self) -> Error {
        Error::new(
            ErrorKind::StalePlan,
            "This attempt was given up by another engine; look at the run's entry",
        )
        .with_context("run", self.run.run())
        .with_context("attempt", self.run.attempt())
    }
}

fn stale(message: &str, table: &TableName) -> Error {
    Error::new(ErrorKind::StalePlan, format!("{message}; plan again"))
        .with_retry(Retry::Safe)
        .with_context("table", table)
}
