//! What became of an attempt that started to commit.

use std::sync::Arc;
use std::time::Duration;

use publish_core::{
    Committed, Error, ErrorKind, Journal, JournalEntry, Location, Outcome, Phase, Result, RunContext,
    TableName,
};

use super::act::SLACK;
use super::append_many::StagedFiles;
use super::note::{Note, is_same_place};
use super::{alter, append_many, rotate, view};
use crate::ddl;
use crate::files::fenced;
use crate::journal::HiveEntry;
use crate::plan::{Detail, VERSION_PROPERTY, version_value};
use crate::session::{HiveSession, Stop, file_names};
use crate::table::HiveTable;

/// How often a file that is on its way between two directories is looked for.
pub(super) const LOOKS: u32 = 5;

/// Wait between two looks.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// That the act happened.
    Done,
    /// That it did not happen so far: the table is as the attempt found it.
    Untouched,
    /// Neither.
    Unclear,
}

/// Fences the latest attempt of a run off, and says whether it committed.
pub(crate) async fn outcome(
    session: &mut HiveSession,
    entry: &JournalEntry,
    run: &RunContext,
) -> Result<Outcome> {
    let record = &entry.record;
    if !run.keeps_journal() {
        return without_journal(session, entry, run).await;
    }
    let fenced = match session.journal.fence(&record.run, record.attempt).await {
        Ok(fenced) => fenced,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Outcome::Unknown),
        Err(error) => return Err(error),
    };
    if fenced.record.attempt != record.attempt {
        // A later attempt has taken the place of this one, which can't commit any more.
        return Ok(Outcome::NotDone);
    }
    match fenced.phase {
        Phase::Published => Ok(Outcome::Done(Committed::rows(fenced.rows_published))),
        Phase::Abandoned | Phase::RolledBack => Ok(Outcome::NotDone),
        _ => match session.journal.entry(&record.run).await? {
            Some(found) if found.is_committing => decide(session, &found, run).await,
            // Whoever decided it meanwhile wrote it down.
            Some(found) => Ok(match found.entry.phase {
                Phase::Published => Outcome::Done(Committed::rows(found.entry.rows_published)),
                Phase::Prepared => Outcome::Unknown,
                _ => Outcome::NotDone,
            }),
            None => Ok(Outcome::Unknown),
        },
    }
}

/// Decides what dead engines left half-way on a table. What a living one does is left to it.
pub(crate) async fn recover(session: &mut HiveSession, table: &TableName, run: &RunContext) -> Result<()> {
    for found in session.journal.half_done(table).await? {
        if found.entry.is_held || found.entry.record.run == *run.run() {
            continue;
        }
        let outcome = decide(session, &found, run).await?;
        tracing::info!(run = %found.entry.record.run, ?outcome, "a dead run's commit was decided");
    }
    Ok(())
}

/// Decides by evidence, and writes it down.
async fn decide(session: &mut HiveSession, found: &HiveEntry, run: &RunContext) -> Result<Outcome> {
    let record = &found.entry.record;
    let detail = Detail::read(&record.detail)?;
    let notes: Vec<Note> = found.notes.iter().filter_map(Note::read).collect();
    let evidence = match &detail {
        Detail::Append { file, name } => fence_file(session, &record.table, file, name, &notes, run).await?,
        Detail::AppendMany { folder, first, stem } => {
            let staged = StagedFiles { folder, first, stem };
            append_many::settle(session, &record.table, staged, &notes, run).await?
        }
        Detail::Alter { .. } if session.config.metastore.is_some() => {
            alter::settle(session, record, &notes).await?
        }
        Detail::Rotate { beside, away } => {
            let age = Duration::from_secs(found.entry.age_seconds);
            rotate::settle(session, record, beside, away, age, run).await?
        }
        _ => {
            let mut evidence = look(session, &found.entry, &detail, &notes, run).await?;
            if evidence != Evidence::Done {
                // The statement may still be on its way: its time has to be over before its absence tells anything.
                let time = session.config.commit_time() + SLACK;
                let left = time.saturating_sub(Duration::from_secs(found.entry.age_seconds));
                if !left.is_zero() {
                    tokio::time::sleep(left).await;
                    evidence = look(session, &found.entry, &detail, &notes, run).await?;
                }
            }
            evidence
        }
    };
    match evidence {
        Evidence::Done => {
            session.journal.publish(&record.run, record.attempt, record.row_count).await?;
            Ok(Outcome::Done(Committed::rows(record.row_count)))
        }
        Evidence::Untouched => {
            session.journal.abandon(&record.run, record.attempt).await?;
            Ok(Outcome::NotDone)
        }
        Evidence::Unclear => Ok(Outcome::Unknown),
    }
}

/// Without a journal only the evidence itself counts, and only a staged file can be fenced.
async fn without_journal(
    session: &mut HiveSession,
    entry: &JournalEntry,
    run: &RunContext,
) -> Result<Outcome> {
    let record = &entry.record;
    let detail = Detail::read(&record.detail)?;
    let evidence = match &detail {
        Detail::Append { file, name } => fence_file(session, &record.table, file, name, &[], run).await?,
        Detail::AppendMany { folder, first, stem } => {
            let staged = StagedFiles { folder, first, stem };
            append_many::settle(session, &record.table, staged, &[], run).await?
        }
        // Nothing is waited for: what is untouched is not decided anyway.
        Detail::Rotate { beside, away } => {
            rotate::settle(session, record, beside, away, Duration::MAX, run).await?
        }
        _ => look(session, entry, &detail, &[], run).await?,
    };
    Ok(match (evidence, detail) {
        (Evidence::Done, _) => Outcome::Done(Committed::rows(record.row_count)),
        (Evidence::Untouched, Detail::Append { .. } | Detail::AppendMany { .. }) => Outcome::NotDone,
        _ => Outcome::Unknown,
    })
}

/// Looks for the evidence of a statement.
async fn look(
    session: &mut HiveSession,
    entry: &JournalEntry,
    detail: &Detail,
    notes: &[Note],
    run: &RunContext,
) -> Result<Evidence> {
    let record = &entry.record;
    let Some(description) = session.describe(&record.table, run).await? else {
        // A table that was to be made, and is not there; or one that somebody dropped, with or without our rows.
        let is_new = matches!(
            detail,
            Detail::CreateExternal { .. }
                | Detail::CreateInsertOnly
                | Detail::Rename { .. }
                | Detail::Show { before: None, .. }
        );
        return Ok(if is_new { Evidence::Untouched } else { Evidence::Unclear });
    };
    let location = HiveTable::of(&description)?.location;
    let is_at = |wanted: &Location| location.as_ref().is_some_and(|location| is_same_place(location, wanted));
    match detail {
        Detail::CreateExternal { .. } | Detail::CreateInsertOnly | Detail::Rename { .. } => {
            let version = version_value(&record.run, record.attempt);
            let is_ours = description.parameter(VERSION_PROPERTY) == Some(version.as_str());
            Ok(if is_ours { Evidence::Done } else { Evidence::Unclear })
        }
        Detail::Relocate { directory } => {
            let is_as_found =
                notes.iter().any(|note| matches!(note, Note::Replacing(old) if is_at(&old.before)));
            Ok(match (is_at(directory), is_as_found || notes.is_empty()) {
                (true, _) => Evidence::Done,
                (false, true) => Evidence::Untouched,
                (false, false) => Evidence::Unclear,
            })
        }
        Detail::Load { folder, stem, .. } => {
            let is_inside = has_file(session, &record.table, stem, run).await?;
            let staged = file_names(&session.storages, folder, 1).await?;
            let is_staged = staged.is_none_or(|names| !names.is_empty());
            Ok(match (is_inside, is_staged || record.row_count == Some(0)) {
                (true, _) => Evidence::Done,
                (false, true) => Evidence::Untouched,
                (false, false) => Evidence::Unclear,
            })
        }
        Detail::Alter { .. } => {
            let ours = version_value(&record.run, record.attempt);
            let version = description.parameter(VERSION_PROPERTY);
            let is_as_found = notes.iter().any(
                |note| matches!(note, Note::Swapping { expected } if version == Some(expected.as_str())),
            );
            Ok(match (version == Some(ours.as_str()), is_as_found) {
                (true, _) => Evidence::Done,
                (false, true) => Evidence::Untouched,
                (false, false) => Evidence::Unclear,
            })
        }
        Detail::Show { before, .. } => Ok(view::evidence(&description, record, before.as_ref())),
        // Decided in ways of their own.
        Detail::Append { .. } | Detail::AppendMany { .. } | Detail::Rotate { .. } => Ok(Evidence::Unclear),
    }
}

/// Whether a row that readers of the table see comes from a file whose name begins with `stem`.
async fn has_file(
    session: &mut HiveSession,
    table: &TableName,
    stem: &str,
    run: &RunContext,
) -> Result<bool> {
    let rows = session.server.rows(&ddl::select_file(table, stem), None, Stop::OnCancel, run).await?;
    Ok(!rows.is_empty())
}

/// Renames the staged file away, so that it can't get into the table any more; or finds it there.
async fn fence_file(
    session: &mut HiveSession,
    table: &TableName,
    file: &Location,
    name: &str,
    notes: &[Note],
    run: &RunContext,
) -> Result<Evidence> {
    let storage = Arc::clone(session.storages.at(file)?);
    let away = fenced(file)?;
    let is_gone = |error: &Error| error.kind() == ErrorKind::NotFound;
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        match storage.rename(file, &away).await {
            Ok(()) => return Ok(Evidence::Untouched),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
        let location = match session.describe(table, run).await? {
            Some(description) => HiveTable::of(&description)?.location,
            None => None,
        };
        if let Some(location) = &location {
            match storage.head(&location.join(name)?).await {
                Ok(_) => return Ok(Evidence::Done),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        // In a directory that somebody replaced before the attempt was sure of it, nobody reads the file.
        for note in notes {
            let Note::Appending { into } = note else { continue };
            if location.as_ref().is_some_and(|location| is_same_place(location, into)) {
                continue;
            }
            match storage.rename(&into.join(name)?, &away).await {
                Ok(()) => return Ok(Evidence::Untouched),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        // An earlier look, whose engine died before it wrote it down.
        if storage.head(&away).await.is_ok() {
            return Ok(Evidence::Untouched);
        }
    }
    Ok(Evidence::Unclear)
}
