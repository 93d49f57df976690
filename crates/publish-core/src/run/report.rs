//! How a run ended.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::{ActionName, Error, RunId, TableName, TargetName};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RunOutcome {
    /// Published. Leftovers are warnings.
    Published,
    /// Not published, and everything is as it was.
    RolledBack,
    /// Not published, and something was left behind; the leftovers name it.
    RollbackFailed,
    /// The commit may or may not have happened. Nothing was undone; the error names what to look at.
    InDoubt,
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "published",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "not wholly rolled back",
            Self::InDoubt => "in doubt",
        })
    }
}

/// What a run did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The run.
    pub run: RunId,
    /// The action.
    pub action: ActionName,
    /// The kind of target.
    pub target: TargetName,
    /// The table under its final name.
    pub table: TableName,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Whether an earlier run of this id had published already, so that nothing was loaded now.
    pub was_published_before: bool,
    /// Rows published. `None` where the target does not tell, or nothing was published.
    pub row_count: Option<u64>,
    /// Files published.
    pub file_count: u64,
    /// Bytes of result and staged files that passed through this engine: all of them where it re-encodes, headers and
    /// counting passes where the target reads the files itself.
    pub bytes_read: u64,
    /// Bytes of staged files that this engine wrote.
    pub bytes_written: u64,
    /// Tries that were made of the whole run.
    pub attempts: u32,
    /// Why it was not published.
    pub error: Option<Error>,
    /// What could not be undone or tidied, and what the target warned of ([`RunContext::warn`](crate::RunContext::warn)).
    pub leftovers: Vec<Error>,
    /// What the plan said beside its steps.
    pub notes: Vec<String>,
    /// Time from the request to the end.
    #[serde(rename = "elapsedSeconds", serialize_with = "seconds")]
    pub elapsed: Duration,
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
