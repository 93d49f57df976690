//! Commits of several acts.
//!
//! What a commit does to a table is no file of the journal, so the two can't change in one act. A commit therefore is
//! written down before it starts. If its engine dies, whoever comes next looks for evidence at the table, and writes
//! down what the commit came to.

use publish_core::{Error, ErrorKind, JournalEntry, Phase, Result, RunId, TableName};
use serde_json::{Value, json};

use super::names::{FileKind, FileName, Mark, commits_folder};
use super::runs::{HiveJournal, new_id};
use super::state::{Attempt, End, HiveEntry, Note, Turn};
use super::store::Put;

impl HiveJournal {
    /// Starts the commit of an attempt: from here on it can't be fenced off, and the table may change.
    ///
    /// Of this and [`fence`](publish_core::Journal::fence) one wins.
    ///
    /// # Errors
    /// [`StalePlan`](ErrorKind::StalePlan) if the attempt was fenced off, is not the latest, or was started before.
    pub async fn start_commit(&mut self, run: &RunId, attempt: u32) -> Result<()> {
        let found = self.attempt(run, attempt).await?;
        let Some(found) = found.filter(|found| found.turn.is_none()) else {
            return Err(stale(run, attempt));
        };
        let mark = Mark::new(&found.record.table, run, attempt).location(&self.root)?;
        self.store.put(&mark, &json!({"by": new_id(), "table": found.record.table})).await?;
        let at = FileName::new(run, attempt, FileKind::Turn { id: found.id }).location(&self.root)?;
        match self.store.put(&at, &Turn { by: new_id(), is_commit: true }).await? {
            Put::Won(_) => Ok(()),
            Put::Lost => {
                self.store.delete(&mark).await?;
                Err(stale(run, attempt))
            }
        }
    }

    /// Notes how far a commit is, before it goes further. Notes are read in the order in which they were written.
    ///
    /// # Errors
    /// [`StalePlan`](ErrorKind::StalePlan) if the commit is not under way.
    pub async fn note(&mut self, run: &RunId, attempt: u32, note: &Value) -> Result<()> {
        let found = self.committing(run, attempt).await?;
        let last = found.notes.last().map_or(0, |(number, _)| *number);
        let kind = FileKind::Note { id: found.id, number: last + 1 };
        let at = FileName::new(run, attempt, kind).location(&self.root)?;
        match self.store.put(&at, &Note { by: new_id(), note: note.clone() }).await? {
            Put::Won(_) => Ok(()),
            Put::Lost => Err(stale(run, attempt)),
        }
    }

    /// Writes down that a commit happened. Doing so again changes nothing.
    ///
    /// # Errors
    /// [`StalePlan`](ErrorKind::StalePlan) if it was not started, or was written down as abandoned.
    pub async fn publish(&mut self, run: &RunId, attempt: u32, rows: Option<u64>) -> Result<()> {
        self.end(run, attempt, true, rows).await
    }

    /// Writes down that a started commit did not happen and can't any more, and answers the entry. The caller has
    /// looked for evidence at the table, and has seen to it that no late statement can still change it.
    ///
    /// # Errors
    /// [`StalePlan`](ErrorKind::StalePlan) if it was not started, or was written down as published.
    pub async fn abandon(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry> {
        self.end(run, attempt, false, None).await?;
        Ok(self.tell_latest(run).await?.entry)
    }

    /// The runs that started to commit to `table`, and of which nobody wrote down yet what they came to.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn half_done(&mut self, table: &TableName) -> Result<Vec<HiveEntry>> {
        let marks = self.store.list(&commits_folder(&self.root)?).await?;
        let marks = marks.iter().filter_map(|file| Mark::parse(file.location.file_name()));
        let mut found = Vec::new();
        for mark in marks.filter(|mark| mark.is_for(table)).collect::<Vec<_>>() {
            let entry = self.entry(&mark.run).await?;
            found.extend(entry.filter(|entry| entry.is_committing && entry.entry.record.table == *table));
        }
        Ok(found)
    }

    /// Removes the marks of attempts that are decided, whose engines died before they did so themselves.
    pub(super) async fn tidy_marks(&mut self) -> Result<()> {
        for file in self.store.list(&commits_folder(&self.root)?).await? {
            let Some(mark) = Mark::parse(file.location.file_name()) else { continue };
            // A mark is written after its attempt began and before its commit starts: one without a run is left over
            // from a run that was forgotten, one of an attempt without a turn is still needed.
            let is_needed = self.latest(&mark.run).await?.is_some_and(|latest| {
                latest.record.attempt == mark.attempt && latest.phase() == Phase::Prepared
            });
            if !is_needed {
                self.store.delete(&file.location).await?;
            }
        }
        Ok(())
    }

    async fn end(&mut self, run: &RunId, attempt: u32, is_published: bool, rows: Option<u64>) -> Result<()> {
        let found = self.attempt(run, attempt).await?.ok_or_else(|| stale(run, attempt))?;
        let mark = Mark::new(&found.record.table, run, attempt).location(&self.root)?;
        let end = match found.end {
            Some(end) => end,
            None if found.turn.is_some_and(|turn| turn.is_commit) => {
                let end = End { by: new_id(), is_published, rows };
                let at = FileName::new(run, attempt, FileKind::End { id: found.id }).location(&self.root)?;
                match self.store.put(&at, &end).await? {
                    Put::Won(_) => end,
                    Put::Lost => self.store.get(&at).await?.ok_or_else(|| stale(run, attempt))?,
                }
            }
            None => return Err(stale(run, attempt)),
        };
        if end.is_published != is_published {
            return Err(stale(run, attempt));
        }
        self.store.delete(&mark).await
    }

    async fn committing(&self, run: &RunId, attempt: u32) -> Result<Attempt> {
        let found = self.attempt(run, attempt).await?;
        found.filter(Attempt::is_committing).ok_or_else(|| stale(run, attempt))
    }
}

fn stale(run: &RunId, attempt: u32) -> Error {
    let message = "Another engine decided meanwhile what becomes of this attempt; look the run up again";
    Error::new(ErrorKind::StalePlan, message).with_context("run", run).with_context("attempt", attempt)
}
