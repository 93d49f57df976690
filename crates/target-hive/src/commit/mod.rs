//! The commit, and what became of it.
//!
//! The truth is in two systems, the metastore (or a directory) and the journal on HDFS, and no act changes both. So:
//!
//! 1. What must hold is looked at, and the staged rows are counted.
//! 2. The journal's entry goes from prepared to committing. Of this and a fence one wins; from here on only evidence at
//!    the table tells.
//! 3. What a later look needs is noted in the journal: the directory that the table had.
//! 4. The act: one statement, or one rename. A statement is sent only right after the note, and has a bounded time.
//! 5. The table is looked at again, and the entry becomes published; or abandoned, where the server said that the
//!    statement failed and the table shows that it did nothing.
//!
//! | act | evidence | the fence of a dead attempt |
//! | --- | --- | --- |
//! | `CREATE`, `RENAME` | the table's property `publish.version`, or its location | waiting until the statement's time is over |
//! | `SET LOCATION` | the table's location | the same |
//! | a call of the metastore | the table's property `publish.version` | taking away the version that the call expects |
//! | two renames | the table's property `publish.version` | none: between the renames the second is made up for |
//! | `CREATE OR REPLACE VIEW` | the view's property `publish.version` | waiting until the statement's time is over |
//! | `LOAD DATA` | a file of the attempt's name in the table | the same |
//! | rename of a file | the file in the table's directory | renaming the staged file away: it has one winner |
//! | renames of files | the first of them in the table's directory | the same; once it is there, the others are made up for |
//!
//! Whoever finds a dead attempt in between decides by evidence ([`outcome`]). Evidence that is missing means *not done*
//! only where the table still is as the attempt found it; after somebody else's newer commit nobody can tell.

mod act;
mod alter;
mod append;
mod append_many;
mod create;
mod grants;
mod load;
mod note;
mod outcome;
mod relocate;
mod rotate;
mod view;

pub(crate) use create::no_insert_only;
pub(crate) use note::{Replaced, is_same_place};
pub(crate) use outcome::{outcome, recover};

use publish_core::{
    Commit, CommitKind, Committed, Error, ErrorKind, LoadSource, Requirement, Result, Retry, RunContext,
};

use crate::plan::Detail;
use crate::session::{HiveSession, stale};
use crate::table::{Description, version};
use act::Act;

/// Commits.
pub(crate) async fn commit(
    session: &mut HiveSession,
    commit: &Commit,
    run: &RunContext,
) -> Result<Committed> {
    let detail = Detail::read(&commit.detail)?;
    run.check_cancelled()?;
    let found = check_requirements(session, commit, run).await?;
    let rows = loaded_rows(commit, run)?;
    if run.keeps_journal() {
        session.journal.start_commit(run.run(), run.attempt()).await?;
    }
    let act = Act { commit, run, found: found.as_ref() };
    let acted = match &detail {
        Detail::CreateExternal { directory } => create::create_external(session, &act, directory).await,
        Detail::CreateInsertOnly => create::create_insert_only(session, &act).await,
        Detail::Rename { .. } => create::rename(session, &act).await,
        Detail::Append { file, name } => append::append(session, &act, file, name).await,
        Detail::AppendMany { folder, first, stem } => {
            let staged = append_many::StagedFiles { folder, first, stem };
            append_many::append_many(session, &act, staged).await
        }
        Detail::Relocate { directory } => relocate::relocate(session, &act, directory).await,
        Detail::Alter { directory } => alter::alter(session, &act, directory, rows).await,
        Detail::Rotate { beside, away } => rotate::rotate(session, &act, beside, away).await,
        Detail::Show { before, .. } => view::show(session, &act, before.as_ref()).await,
        Detail::Load { .. } => load::load(session, &act).await,
    };
    match acted {
        Ok(()) => {
            if run.keeps_journal() {
                let written = session.journal.publish(run.run(), run.attempt(), rows).await;
                written.map_err(|error| error.with_retry(Retry::InDoubt))?;
            }
            Ok(Committed::rows(rows))
        }
        Err(error) if error.retry() == Retry::InDoubt => Err(error),
        Err(error) => {
            if run.keeps_journal()
                && let Err(second) = session.journal.abandon(run.run(), run.attempt()).await
            {
                return Err(error.with_context("and then", second).with_retry(Retry::InDoubt));
            }
            Err(error)
        }
    }
}

/// Fails unless everything that the plan was made for still holds. Answers the table.
async fn check_requirements(
    session: &mut HiveSession,
    commit: &Commit,
    run: &RunContext,
) -> Result<Option<Description>> {
    let mut found = None;
    for requirement in &commit.requirements {
        let (table, wanted) = match requirement {
            Requirement::Absent { table } => (table, None),
            Requirement::Unchanged { table, version } => (table, Some(version)),
            _ => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "This target does not know such a requirement",
                ));
            }
        };
        let description = session.describe(table, run).await?;
        let message = match (wanted, &description) {
            (None, None) => None,
            (None, Some(_)) => Some("The table was made by somebody else meanwhile"),
            (Some(_), None) => Some("The table was dropped meanwhile"),
            (Some(wanted), Some(description)) => (version(description) != *wanted)
                .then_some("The table's definition changed after the plan was made"),
        };
        if let Some(message) = message {
            return Err(stale(message).with_context("table", table));
        }
        if *table == commit.table {
            found = description;
        }
    }
    Ok(found)
}

/// The rows that the commit brings, which must be those that the files hold.
fn loaded_rows(commit: &Commit, run: &RunContext) -> Result<Option<u64>> {
    if commit.kind == CommitKind::Create {
        return Ok(Some(0));
    }
    let staged = match commit.load {
        Some(LoadSource::Staged(step) | LoadSource::Table(step)) => {
            run.prepared(step).and_then(|prepared| prepared.row_count)
        }
        _ => None,
    };
    match (staged, run.expected_rows()) {
        (Some(staged), Some(expected)) if staged != expected => Err(Error::new(
            ErrorKind::BadData,
            "Other rows were staged than the files hold; they may have changed, publish again",
        )
        .with_context("staged", staged)
        .with_context("files hold", expected)),
        (staged, expected) => Ok(staged.or(expected)),
    }
}
