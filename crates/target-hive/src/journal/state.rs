//! From the files of a run to where it stands.

use std::time::{Duration, SystemTime};

use publish_core::{Artifact, AttemptRecord, FileMeta, JournalEntry, PendingTidy, Phase, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::{FileKind, FileName};
use super::store::Store;

/// A run as the journal has it, with what only Hive's commits need.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HiveEntry {
    /// The run, as every journal has it.
    pub entry: JournalEntry,
    /// Whether its commit was started and nobody wrote down yet what it came to: look for evidence at the table.
    pub is_committing: bool,
    /// What the commit noted, in order.
    pub notes: Vec<Value>,
}

/// What begins an attempt.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begun {
    /// Carried by the names of all other files of the attempt.
    pub(super) id: String,
    pub(super) record: AttemptRecord,
}

/// Who came first: the commit or the fence.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Turn {
    pub(super) by: String,
    pub(super) is_commit: bool,
}

/// What a commit came to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End {
    pub(super) by: String,
    pub(super) is_published: bool,
    pub(super) rows: Option<u64>,
}

/// What a commit noted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    pub(super) by: String,
    pub(super) note: Value,
}

/// What is left of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closed {
    pub(super) by: String,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) tidy: Vec<PendingTidy>,
}

/// The latest attempt of a run.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) id: String,
    pub(super) record: AttemptRecord,
    pub(super) turn: Option<Turn>,
    pub(super) end: Option<End>,
    pub(super) notes: Vec<(u32, Value)>,
    pub(super) closed: Option<(u32, Closed)>,
    /// Its files that are replaced by later ones: leases, and all that was closed before.
    pub(super) replaced: Vec<FileMeta>,
    leases: Vec<FileMeta>,
    /// When something of it was written last, leases aside.
    pub(super) written: SystemTime,
    /// When its engine lived last.
    pub(super) lived: SystemTime,
}

impl Attempt {
    /// Reads the latest attempt from the files of one run. `None` if there is none, or a file vanished meanwhile.
    pub(super) async fn read(store: &Store, files: &[(FileName, FileMeta)]) -> Result<Option<Self>> {
        let begun = files.iter().filter(|(name, _)| name.kind == FileKind::Begun);
        let Some((begun, begun_file)) = begun.max_by_key(|(name, _)| name.attempt) else { return Ok(None) };
        let Some(Begun { id, record }) = store.get(&begun_file.location).await? else { return Ok(None) };
        let written = store.modified(begun_file).await?;
        let mut attempt = Self {
            id,
            record,
            turn: None,
            end: None,
            notes: Vec::new(),
            closed: None,
            replaced: Vec::new(),
            leases: Vec::new(),
            written,
            lived: written,
        };
        for (name, file) in files.iter().filter(|(name, _)| name.attempt == begun.attempt) {
            if !attempt.take(store, &name.kind, file).await? {
                return Ok(None);
            }
        }
        attempt.notes.sort_by_key(|(number, _)| *number);
        attempt.lived = attempt.lived.max(attempt.written);
        attempt.replaced.append(&mut attempt.leases);
        Ok(Some(attempt))
    }

    /// Takes in one file. `false` if it vanished.
    async fn take(&mut self, store: &Store, kind: &FileKind, file: &FileMeta) -> Result<bool> {
        let at = &file.location;
        match kind {
            FileKind::Lease { .. } => {
                self.lived = self.lived.max(store.modified(file).await?);
                self.leases.push(file.clone());
                return Ok(true);
            }
            FileKind::Turn { id } if *id == self.id => {
                let Some(turn) = store.get(at).await? else { return Ok(false) };
                self.turn = Some(turn);
            }
            FileKind::End { id } if *id == self.id => {
                let Some(end) = store.get(at).await? else { return Ok(false) };
                self.end = Some(end);
            }
            FileKind::Note { id, number } if *id == self.id => {
                let Some(Note { note, .. }) = store.get(at).await? else { return Ok(false) };
                self.notes.push((*number, note));
            }
            FileKind::Closed { id, number } if *id == self.id => {
                let Some(closed) = store.get(at).await? else { return Ok(false) };
                if self.closed.as_ref().is_none_or(|(last, _)| last < number) {
                    self.closed = Some((*number, closed));
                }
                self.replaced.push(file.clone());
            }
            // What a run of the same id left that was forgotten.
            _ => return Ok(true),
        }
        self.written = self.written.max(store.modified(file).await?);
        Ok(true)
    }

    pub(super) fn phase(&self) -> Phase {
        let is_clean = self.closed.as_ref().is_some_and(|(_, closed)| closed.artifacts.is_empty());
        match (&self.turn, &self.end) {
            (_, Some(end)) if end.is_published => Phase::Published,
            (Some(Turn { is_commit: true, .. }) | None, None) => Phase::Prepared,
            _ if is_clean => Phase::RolledBack,
            _ => Phase::Abandoned,
        }
    }

    pub(super) fn is_committing(&self) -> bool {
        self.end.is_none() && self.turn.as_ref().is_some_and(|turn| turn.is_commit)
    }

    /// Whether its lease would still run at `now`.
    pub(super) fn is_held(&self, now: SystemTime, lease: Duration) -> bool {
        // A file may be from after the clock was read.
        self.closed.is_none() && now.duration_since(self.lived).unwrap_or_default() < lease
    }

    pub(super) fn into_entry(self, now: SystemTime, lease: Duration) -> HiveEntry {
        let (phase, is_committing) = (self.phase(), self.is_committing());
        let is_held = self.is_held(now, lease);
        let age = now.duration_since(self.written).unwrap_or_default();
        let mut record = self.record;
        let is_closed = self.closed.is_some();
        if let Some((_, closed)) = self.closed {
            (record.artifacts, record.tidy) = (closed.artifacts, closed.tidy);
        }
        let entry = JournalEntry::new(record, phase, is_held)
            .with_closed(is_closed)
            .with_rows_published(self.end.and_then(|end| end.rows))
            .with_age_seconds(age.as_secs());
        HiveEntry { entry, is_committing, notes: self.notes.into_iter().map(|(_, note)| note).collect() }
    }
}
