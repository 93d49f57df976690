//! The commit: one transaction, all of it or nothing.

use std::path::Path;

use publish_core::{Commit, Committed, Error, ErrorKind, Requirement, Result, Retry, RunContext, TableName};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::mpsc;

use crate::database::{Waits, unwatch};
use crate::error::{commit_error, sqlite_error};
use crate::inspect::version;
use crate::journal;
use crate::load::{Columns, Piece, load};
use crate::script::Step;
use crate::sql;

/// What the inserting thread needs to know.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) steps: Vec<Step>,
    pub(crate) commit: Commit,
    pub(crate) columns: Option<Columns>,
    pub(crate) run: RunContext,
}

impl Act {
    /// Takes every step. After an error nothing has changed, unless the error says that this is in doubt.
    pub(crate) fn carry_out(
        &self,
        connection: &mut Connection,
        file: &Path,
        waits: &Waits,
        pieces: &mut mpsc::Receiver<Piece>,
    ) -> Result<Committed> {
        let mut loaded = None;
        for step in &self.steps {
            if waits.is_stopped() {
                return Err(RunContext::cancelled_error());
            }
            match step {
                Step::Run(statement) => connection
                    .execute_batch(statement)
                    .map_err(|error| sqlite_error(error).with_context("statement", statement))?,
                Step::Begin => journal::lock(connection, file, waits, self.run.run())?,
                Step::CheckTable => self.check_table(connection)?,
                Step::CheckAttempt => self.check_attempt(connection)?,
                Step::Load(insert) => {
                    let columns = self.columns.as_ref().ok_or_else(|| {
                        Error::new(ErrorKind::Unexpected, "The commit does not say which column goes where")
                    })?;
                    loaded = Some(load(connection, insert, columns, pieces, &self.run)?);
                    self.check_rows(loaded)?;
                }
                Step::CheckReferences => self.check_references(connection)?,
                Step::CheckView(view) => check_view(connection, view)?,
                Step::Evidence => self.write_evidence(connection, loaded)?,
                Step::Commit => {
                    // From here on nothing stops it: half an answer would be worse than a late one.
                    unwatch(connection)?;
                    connection.execute_batch(sql::COMMIT).map_err(commit_error)?;
                }
            }
        }
        connection.execute_batch(sql::FOREIGN_KEYS_ON).map_err(sqlite_error)?;
        let made_empty = !self.commit.kind.loads_rows();
        Ok(Committed::rows(loaded.or(made_empty.then_some(0))))
    }

    fn check_table(&self, connection: &Connection) -> Result<()> {
        for requirement in &self.commit.requirements {
            match requirement {
                Requirement::Absent { table } => {
                    if version(connection, &table.name)?.is_some() {
                        return Err(stale("The table was made by somebody else meanwhile", table));
                    }
                }
                Requirement::Unchanged { table, version: found } => {
                    if version(connection, &table.name)?.as_ref() != Some(found) {
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

    fn check_attempt(&self, connection: &Connection) -> Result<()> {
        let values = params![self.run.run().as_str(), self.run.attempt()];
        let state: Option<String> = connection
            .query_row(&sql::attempt_state(), values, |row| row.get(0))
            .optional()
            .map_err(sqlite_error)?;
        match state.as_deref() {
            Some("prepared") => Ok(()),
            _ => Err(fenced(&self.run)),
        }
    }

    fn check_rows(&self, loaded: Option<u64>) -> Result<()> {
        match (loaded, self.run.expected_rows()) {
            (Some(loaded), Some(expected)) if loaded != expected => Err(Error::new(
                ErrorKind::BadData,
                "The table took other rows than the files hold; look for a trigger that drops some, and at the files",
            )
            .with_context("loaded", loaded)
            .with_context("files hold", expected)),
            _ => Ok(()),
        }
    }

    fn check_references(&self, connection: &Connection) -> Result<()> {
        let broken: Option<(String, Option<i64>, String)> = connection
            .query_row(sql::FOREIGN_KEY_CHECK, [&self.commit.table.name], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()
            .map_err(sqlite_error)?;
        match broken {
            None => Ok(()),
            Some((table, row, parent)) => Err(Error::new(
                ErrorKind::BadData,
                "A row would refer to a row that is not there; add it to the results, or drop the foreign key",
            )
            .with_context("constraint", format!("FOREIGN KEY of {table} to {parent}"))
            .with_context("row id", row.map_or_else(|| "none".to_owned(), |row| row.to_string()))),
        }
    }

    fn write_evidence(&self, connection: &Connection, loaded: Option<u64>) -> Result<()> {
        let rows = i64::try_from(loaded.unwrap_or_default()).unwrap_or(i64::MAX);
        let values = params![self.run.run().as_str(), self.run.attempt(), rows];
        let changed = connection.execute(&sql::evidence(), values).map_err(sqlite_error)?;
        if changed == 1 { Ok(()) } else { Err(fenced(&self.run)) }
    }
}

fn check_view(connection: &Connection, view: &str) -> Result<()> {
    connection.prepare(&sql::select_nothing(view)).map(|_| ()).map_err(|error| {
        Error::new(
            ErrorKind::SchemaMismatch,
            "A view can't read the new table; change the view or drop it, then publish again",
        )
        .with_context("view", view)
        .with_source(error)
    })
}

fn stale(message: &str, table: &TableName) -> Error {
    Error::new(ErrorKind::StalePlan, format!("{message}; plan again"))
        .with_retry(Retry::Safe)
        .with_context("table", table)
}

fn fenced(run: &RunContext) -> Error {
    Error::new(ErrorKind::StalePlan, "This attempt was given up by another engine; look at the run's entry")
        .with_context("run", run.run())
        .with_context("attempt", run.attempt())
}
