//! A table that is renamed away, and another that is renamed in.
//!
//! The renames are two acts. What is between them is written down before each, put back when the second fails, and rolled
//! forward by whoever finds it.

use std::time::Duration;

use publish_core::{AttemptRecord, ErrorKind, Requirement, Result, Retry, RunContext, TableName};

use super::act::{Act, SLACK};
use super::grants;
use super::note::Note;
use super::outcome::Evidence;
use crate::ddl;
use crate::plan::{VERSION_PROPERTY, version_value};
use crate::session::{HiveSession, Stop, stale};
use crate::table::version;

/// What the names show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// The new table has its name.
    Done,
    /// The old table is away, and the new one waits for its name.
    Between,
    /// The old table has its name.
    Untouched,
    /// Something else.
    Unclear,
}

/// Renames the table to `away` and `beside` to the table.
pub(super) async fn rotate(
    session: &mut HiveSession,
    act: &Act<'_>,
    beside: &TableName,
    away: &TableName,
) -> Result<()> {
    let table = &act.commit.table;
    grants::give(session, act, beside).await?;
    let note = Note::Renaming { from: table.clone(), to: away.clone() };
    act.send_statement(session, &note, &ddl::rename(table, away)).await.map_err(|error| {
        match error.kind() {
            ErrorKind::NotFound => stale("The table was renamed or dropped meanwhile").with_source(error),
            _ => error,
        }
    })?;
    // Under its new name nobody else replaces it: is it the one that the plan was made for?
    let second = async {
        let apart = act.run.apart(act.run.remaining());
        let taken = session.describe(away, &apart).await?;
        let is_wanted = taken.is_some_and(|taken| {
            act.commit.requirements.iter().all(|requirement| match requirement {
                Requirement::Unchanged { table: unchanged, version: wanted } if unchanged == table => {
                    version(&taken) == *wanted
                }
                _ => true,
            })
        });
        if !is_wanted {
            return Err(
                stale("The table was replaced by somebody else meanwhile").with_context("table", table)
            );
        }
        let note = Note::Renaming { from: beside.clone(), to: table.clone() };
        act.send_statement(session, &note, &ddl::rename(beside, table)).await
    };
    let Err(error) = second.await else { return Ok(()) };
    if error.retry() == Retry::InDoubt {
        return Err(error);
    }
    let time = session.config.commit_time();
    let back = ddl::rename(away, table);
    match session.server.run(&back, Some(time), Stop::Never, act.run).await {
        Ok(()) => Err(error),
        // Whoever looks next finds the names as they are, and goes forward.
        Err(second) => Err(error.with_context("putting it back failed", second).with_retry(Retry::InDoubt)),
    }
}

/// Whether a dead attempt's renames happened. What is between them is finished.
pub(super) async fn settle(
    session: &mut HiveSession,
    record: &AttemptRecord,
    beside: &TableName,
    away: &TableName,
    age: Duration,
    run: &RunContext,
) -> Result<Evidence> {
    let mut names = look(session, record, beside, away, run).await?;
    if names == Names::Untouched {
        // The first rename may still be on its way.
        let left = (session.config.commit_time() + SLACK).saturating_sub(age);
        if !left.is_zero() {
            tokio::time::sleep(left).await;
            names = look(session, record, beside, away, run).await?;
        }
    }
    if names == Names::Between {
        tracing::warn!(table = %record.table, run = %record.run, "a table that was renamed away is replaced now");
        let time = session.config.commit_time();
        let forward = ddl::rename(beside, &record.table);
        let renamed = session.server.run(&forward, Some(time), Stop::Never, run).await;
        names = look(session, record, beside, away, run).await?;
        // The dead engine's own rename may have come first.
        if names != Names::Done {
            renamed?;
        }
    }
    Ok(match names {
        Names::Done => Evidence::Done,
        Names::Untouched => Evidence::Untouched,
        Names::Between | Names::Unclear => Evidence::Unclear,
    })
}

async fn look(
    session: &mut HiveSession,
    record: &AttemptRecord,
    beside: &TableName,
    away: &TableName,
    run: &RunContext,
) -> Result<Names> {
    let ours = version_value(&record.run, record.attempt);
    let is_away = session.describe(away, run).await?.is_some();
    if let Some(description) = session.describe(&record.table, run).await? {
        return Ok(match (description.parameter(VERSION_PROPERTY) == Some(ours.as_str()), is_away) {
            (true, _) => Names::Done,
            (false, false) => Names::Untouched,
            (false, true) => Names::Unclear,
        });
    }
    let is_beside = session.describe(beside, run).await?.is_some();
    Ok(if is_away && is_beside { Names::Between } else { Names::Unclear })
}
