//! What is kept at the target of each run, so that any engine can finish what a dead one began.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{ActionName, Artifact, Result, RunId, TableName};

/// Where a run stands.
///
/// ```text
///              begin                 the commit's own act
/// (none) ───────────────► Prepared ───────────────────────► Published
///                          │    ▲
///                    fence │    │ begin (next attempt)
///                          ▼    │
///                        Abandoned ──── close (all undone) ──► RolledBack ── begin ──► Prepared
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Phase {
    /// An attempt is under way, or died. Its commit may still happen.
    Prepared,
    /// The commit happened.
    Published,
    /// The attempt was fenced off: its commit can't happen any more. What it made may still be there.
    Abandoned,
    /// The attempt was fenced off, and nothing of it is left.
    RolledBack,
}

impl Phase {
    /// The word for it in a journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Published => "published",
            Self::Abandoned => "abandoned",
            Self::RolledBack => "rolledBack",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Prepared, Self::Published, Self::Abandoned, Self::RolledBack]
            .into_iter()
            .find(|phase| phase.as_str() == word)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to be tidied after a run, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PendingTidy {
    /// What to remove or bring up to date.
    pub artifact: Artifact,
    /// Seconds after the end of the run before which it must not happen.
    pub after_seconds: u64,
}

impl PendingTidy {
    /// Creates a pending tidy.
    pub fn new(artifact: Artifact, after_seconds: u64) -> Self {
        Self { artifact, after_seconds }
    }
}

/// What is written when an attempt begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AttemptRecord {
    /// The run.
    pub run: RunId,
    /// Which try, from 1.
    pub attempt: u32,
    /// Digest of the request, so that an id is not used for another one.
    pub digest: String,
    /// The action.
    pub action: ActionName,
    /// The word for what the commit does.
    pub kind: String,
    /// The table under its final name.
    pub table: TableName,
    /// What the steps before the commit make.
    pub artifacts: Vec<Artifact>,
    /// What is tidied after the commit.
    pub tidy: Vec<PendingTidy>,
    /// What the target noted for itself with the commit.
    pub detail: serde_json::Value,
    /// How many files are published.
    pub file_count: u64,
    /// Rows they hold, where they were counted.
    pub row_count: Option<u64>,
}

/// A run as the journal has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JournalEntry {
    /// What was written when its latest attempt began. Of artifacts and tidies only those still pending.
    pub record: AttemptRecord,
    /// Where it stands.
    pub phase: Phase,
    /// Whether a living engine works on it: its lease has not run out. Judged by the target's clock, or by a surer
    /// sign where the target has one.
    pub is_held: bool,
    /// Whether [`Journal::close`] ended it since its latest attempt began.
    pub is_closed: bool,
    /// Rows published, once it is.
    pub rows_published: Option<u64>,
    /// Seconds since it was last written, by the target's clock.
    pub age_seconds: u64,
}

impl JournalEntry {
    /// Creates an entry.
    pub fn new(record: AttemptRecord, phase: Phase, is_held: bool) -> Self {
        Self { record, phase, is_held, is_closed: false, rows_published: None, age_seconds: 0 }
    }

    /// Says whether it was closed.
    #[must_use]
    pub fn with_closed(mut self, is_closed: bool) -> Self {
        self.is_closed = is_closed;
        self
    }

    /// Says how many rows were published.
    #[must_use]
    pub fn with_rows_published(mut self, rows: Option<u64>) -> Self {
        self.rows_published = rows;
        self
    }

    /// Says how long ago it was last written.
    #[must_use]
    pub fn with_age_seconds(mut self, seconds: u64) -> Self {
        self.age_seconds = seconds;
        self
    }
}

/// The runs of a target.
///
/// # Contract
/// - It is kept at the target itself, durable, and seen by every engine that publishes there.
/// - [`begin`](Self::begin) and [`fence`](Self::fence) are atomic: of two callers one wins, the other is told.
/// - The commit moves its own attempt from `Prepared` to `Published` in the same act that makes the rows visible, and
///   fails if the attempt is not `Prepared` any more. There is no other way to `Published`.
/// - A fenced attempt can't commit, however late its commit arrives.
///
/// The test kit's target suite checks each rule.
#[async_trait]
pub trait Journal: fmt::Debug + Send {
    /// Reads a run's entry.
    async fn read(&mut self, run: &RunId) -> Result<Option<JournalEntry>>;

    /// Begins an attempt and takes its lease: the first, where there is no entry, or one more than that of an entry
    /// that is `Abandoned` or `RolledBack`.
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if the entry is in any other phase, or its attempt is another one;
    /// [`PermissionDenied`](crate::ErrorKind::PermissionDenied) if the journal can't be kept, with the statements
    /// for an administrator.
    async fn begin(&mut self, record: &AttemptRecord) -> Result<()>;

    /// Renews the lease of an attempt that is under way.
    async fn renew(&mut self, run: &RunId, attempt: u32) -> Result<()>;

    /// Moves an attempt from `Prepared` to `Abandoned`, and answers the entry as it stands then.
    ///
    /// An entry that is past `Prepared`, or at another attempt, stays as it is.
    async fn fence(&mut self, run: &RunId, attempt: u32) -> Result<JournalEntry>;

    /// Ends a run: an `Abandoned` one without artifacts left becomes `RolledBack`; `artifacts` and `tidy` become what
    /// is still pending. The lease ends.
    async fn close(
        &mut self,
        run: &RunId,
        attempt: u32,
        artifacts: &[Artifact],
        tidy: &[PendingTidy],
    ) -> Result<()>;

    /// Reads every entry.
    async fn list(&mut self) -> Result<Vec<JournalEntry>>;

    /// Deletes an entry. One that is not there is not an error.
    async fn forget(&mut self, run: &RunId) -> Result<()>;
}
