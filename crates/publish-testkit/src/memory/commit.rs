//! The commit: a compare-and-swap of one table that carries the evidence.

use std::time::Duration;

use publish_core::{Commit, CommitKind, Committed, Error, ErrorKind, Result, RunContext, TableName};

use super::place::{Attempt, Place, Stored, stale};
use super::staging::{reshape, row_of_nulls};
use super::target::old_table;
use super::{Defect, MemoryTarget};

/// What a commit is about to put in place, and what it saw when it decided so.
struct Swap {
    attempt: Attempt,
    staged: TableName,
    /// The table's version when it was looked at.
    seen: Option<u64>,
    new: Stored,
    rows: Option<u64>,
}

/// Checks what must hold, then swaps; where another writer was faster, from the start.
pub(super) async fn commit(target: &MemoryTarget, commit: &Commit, run: &RunContext) -> Result<Committed> {
    run.check_cancelled()?;
    loop {
        let swap = look(target, commit, run)?;
        target.run_race();
        tokio::task::yield_now().await;
        if let Some(length) = gap(target, commit) {
            return swap_with_gap(target, commit, run, swap, length).await;
        }
        let mut place = target.place();
        let found = place.tables.get(&commit.table).map(|stored| stored.version);
        if found != swap.seen && !target.has(Defect::LosesUpdates) && !target.has(Defect::ChecksTooEarly) {
            continue;
        }
        return finish(target, &mut place, commit, run, swap);
    }
}

fn look(target: &MemoryTarget, commit: &Commit, run: &RunContext) -> Result<Swap> {
    let mut place = target.place();
    if !target.has(Defect::ChecksTooEarly) {
        place.check(&commit.requirements)?;
    }
    let staged = commit.table.beside(run.run(), run.attempt());
    let attempt = (run.run().clone(), run.attempt());
    let change = place.next_change();
    let old = place.tables.get(&commit.table);
    let seen = old.map(|old| old.version);
    if commit.kind == CommitKind::Create {
        let batches = match target.has(Defect::FillsEmptyTables) {
            true => vec![row_of_nulls(&commit.columns)?],
            false => Vec::new(),
        };
        let new = Stored { schema: commit.columns.clone(), batches, definition: change, version: change };
        return Ok(Swap { attempt, staged, seen, new, rows: None });
    }
    let loaded = place
        .tables
        .get(&staged)
        .ok_or_else(|| stale("The staged table is gone; plan again").with_context("table", &staged))?;
    let rows = loaded.row_count();
    if let Some(expected) = run.expected_rows()
        && expected != rows
        && !target.has(Defect::CountsNothing)
    {
        return Err(Error::new(
            ErrorKind::BadData,
            "The target loaded other rows than there are; publish again",
        )
        .with_context("loaded", rows)
        .with_context("expected", expected));
    }
    let mut batches = reshape(&loaded.batches, &commit.columns)?;
    if target.has(Defect::AppendsTwice) && commit.kind == CommitKind::Append {
        batches.extend(batches.clone());
    }
    let definition = match (&commit.kind, old) {
        (CommitKind::Append, Some(old)) => {
            batches.splice(..0, old.batches.iter().cloned());
            old.definition
        }
        (CommitKind::ReplaceRows, Some(old)) => old.definition,
        _ => change,
    };
    let schema = publish_core::TableSchema::new(commit.columns.columns.clone());
    let new = Stored { schema, batches, definition, version: change };
    Ok(Swap { attempt, staged, seen, new, rows: Some(rows) })
}

/// How long readers see something else between two tables, where the target can't or won't swap in one act.
fn gap(target: &MemoryTarget, commit: &Commit) -> Option<Duration> {
    let is_replaced = matches!(commit.kind, CommitKind::ReplaceRows | CommitKind::ReplaceTable);
    let is_new = commit.kind == CommitKind::CreateLoaded;
    let has_defect =
        target.has(Defect::EmptiesFirst) && is_replaced || target.has(Defect::AppearsEmpty) && is_new;
    if has_defect {
        return Some(Duration::from_millis(20));
    }
    target.window().filter(|_| is_replaced)
}

/// Takes the old table away, waits, and puts the new one there.
async fn swap_with_gap(
    target: &MemoryTarget,
    commit: &Commit,
    run: &RunContext,
    swap: Swap,
    length: Duration,
) -> Result<Committed> {
    {
        let mut place = target.place();
        if run.keeps_journal() {
            place.check_fence(&swap.attempt)?;
        }
        if let Some(old) = place.tables.remove(&commit.table) {
            place.aside.insert(commit.table.clone(), (swap.attempt.clone(), old));
        }
        if target.has(Defect::EmptiesFirst) || target.has(Defect::AppearsEmpty) {
            let empty = Stored { batches: Vec::new(), ..swap.new.clone() };
            place.tables.insert(commit.table.clone(), empty);
        }
    }
    tokio::time::sleep(length).await;
    let mut place = target.place();
    let committed = finish(target, &mut place, commit, run, swap)?;
    place.aside.remove(&commit.table);
    Ok(committed)
}

/// Puts the new table there and moves the run to `Published`, in one act: the place is locked.
fn finish(
    target: &MemoryTarget,
    place: &mut Place,
    commit: &Commit,
    run: &RunContext,
    swap: Swap,
) -> Result<Committed> {
    if run.keeps_journal() && !target.has(Defect::IgnoresFence) {
        place.check_fence(&swap.attempt)?;
    }
    let old = place.tables.insert(commit.table.clone(), swap.new);
    if matches!(commit.kind, CommitKind::CreateLoaded | CommitKind::ReplaceTable) {
        // The staged table has become the real one.
        place.tables.remove(&swap.staged);
    }
    let old = old.or_else(|| place.aside.get(&commit.table).map(|(_, old)| old.clone()));
    if let (CommitKind::ReplaceTable, true, Some(old)) = (&commit.kind, target.keeps_old(), old) {
        place.tables.insert(old_table(&swap.staged), old);
    }
    if run.keeps_journal() && !target.has(Defect::ForgetsEvidence) {
        place.publish(&swap.attempt, swap.rows);
    }
    Ok(Committed::rows(swap.rows))
}
