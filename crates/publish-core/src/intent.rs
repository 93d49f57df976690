//! What must be true after a publish, without saying how.

use std::fmt;

use serde::Serialize;

use crate::{ActionName, RequestOptions, RunId, TableName};

/// What the one committing act of a publish does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CommitKind {
    /// The table is made, without rows.
    Create,
    /// The table is made, and appears with its rows.
    CreateLoaded,
    /// The rows are added to those that are there.
    Append,
    /// The rows take the place of those that are there. Columns, grants and everything else stay.
    ReplaceRows,
    /// Columns and rows take the place of those that are there. Grants and comments stay.
    ReplaceTable,
    /// Something that only an outside action and an outside target know.
    Custom {
        /// Name, prefixed with the crate that owns it, such as `acme.upsert`.
        name: String,
        /// Its arguments.
        arguments: serde_json::Value,
    },
}

impl CommitKind {
    /// Whether rows of the results get into the table.
    pub fn loads_rows(&self) -> bool {
        !matches!(self, Self::Create)
    }

    /// The word for it, such as `replaceRows`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::CreateLoaded => "createLoaded",
            Self::Append => "append",
            Self::ReplaceRows => "replaceRows",
            Self::ReplaceTable => "replaceTable",
            Self::Custom { name, .. } => name,
        }
    }
}

impl fmt::Display for CommitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What must hold at the instant of the commit. The target checks it inside the commit, under the commit's lock or by
/// compare-and-swap, and fails with [`StalePlan`](crate::ErrorKind::StalePlan) otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Requirement {
    /// There is no such table.
    Absent {
        /// Which table.
        table: TableName,
    },
    /// The table's definition is the one that was found. Its rows may have changed.
    Unchanged {
        /// Which table.
        table: TableName,
        /// Its [`version`](crate::TableFound::version) as found.
        version: String,
    },
}

/// What an action wants.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Intent {
    /// The run.
    pub run: RunId,
    /// Which try of the run, from 1. Objects of different tries have different names.
    pub attempt: u32,
    /// The action that wants it.
    pub action: ActionName,
    /// The table under its final name.
    pub table: TableName,
    /// What the commit does.
    pub kind: CommitKind,
    /// What must still hold when it does.
    pub requirements: Vec<Requirement>,
    /// The request's settings.
    pub options: RequestOptions,
    /// What the session told of the server, see [`TargetSession::facts`](crate::TargetSession::facts). The engine adds it.
    pub server: serde_json::Value,
    /// What a reader of the plan should know.
    pub notes: Vec<String>,
}

impl Intent {
    /// Adds a note for the plan.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}
