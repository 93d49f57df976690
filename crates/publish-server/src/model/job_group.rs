//! Job groups: finished results, ready to be published.

use chrono::{DateTime, Utc};
use publish_core::{FileFormat, FormatOptions, Location};
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, JobGroupId, JobStatus, TokenId};

/// The results that a finished job left: one output or more, each in one format.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobGroup {
    /// Its id.
    pub id: JobGroupId,
    /// What people call it.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// `InProgress` while a publish of it runs, else how the latest one ended. `Complete` before the first.
    pub status: JobStatus,
    /// Who made it.
    pub created_by: TokenId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it or one of its jobs changed last.
    pub updated_at: DateTime<Utc>,
}

/// A job group that a caller registers.
#[derive(Clone, Debug)]
pub struct NewJobGroup {
    /// What people call it.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// Who asks.
    pub created_by: TokenId,
}

/// The files of one recipe in one format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Id of the recipe whose results these are.
    pub flow_node_id: i64,
    /// Their format.
    pub format: FileFormat,
    /// Files, folders and globs, in the order of their rows.
    pub locations: Vec<Location>,
    /// The storage connection by which they are read. The host's own storage of their scheme where there is none.
    pub storage_connection: Option<ConnectionId>,
    /// How text is written in them.
    pub options: FormatOptions,
    /// The columns, where they must not be inferred from text.
    pub schema: Option<Vec<OutputColumn>>,
}

/// A column of text files, as its writer knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// Its type: `boolean`, `tinyint`, `smallint`, `int`, `bigint`, `float`, `double`, `decimal(p,s)`, `string`, `binary`,
    /// `date`, `time`, `timestamp` or `timestamptz`.
    pub r#type: String,
    /// Whether it may be null. Default true.
    #[serde(default = "yes")]
    pub nullable: bool,
}

fn yes() -> bool {
    true
}
