//! Jobs: publishes of a job group's results.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use publish_core::{ActionName, Error, ErrorKind, FileFormat, RequestOptions, RunId, TableName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConnectionId, JobGroupId, JobId, Output, ServerId, TokenId};

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum JobStatus {
    /// Known, and not begun.
    Created,
    /// Waiting for a worker, or running.
    InProgress,
    /// Published.
    Complete,
    /// Not published.
    Failed,
    /// Not published, because somebody cancelled it.
    Canceled,
}

impl JobStatus {
    /// The status as the contract writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::InProgress => "InProgress",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Canceled)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let all = [Self::Created, Self::InProgress, Self::Complete, Self::Failed, Self::Canceled];
        all.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "A status is one of Created, InProgress, Complete, Failed and Canceled",
            )
            .with_context("status", text)
        })
    }
}

/// A publish of a job group's results, as a caller asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishCall {
    /// Whose results.
    pub group: JobGroupId,
    /// The connection that decides the target.
    pub connection: ConnectionId,
    /// Path to the database or schema.
    pub path: Vec<String>,
    /// Name of the table, before a timestamp is added.
    pub table: String,
    /// Name of the action.
    pub action: ActionName,
    /// Which of the group's formats.
    pub input_format: FileFormat,
    /// Which of the group's outputs; may be left out where one output has the format.
    pub flow_node_id: Option<i64>,
    /// Settings that have a default.
    pub options: RequestOptions,
    /// Who asks.
    pub created_by: TokenId,
}

/// What a job has to do, with everything that was resolved when it was accepted: a restart or a take-over repeats the very
/// same request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRequest {
    /// The connection that decides the target.
    pub connection: ConnectionId,
    /// Path to the database or schema.
    pub path: Vec<String>,
    /// Name of the table, before a timestamp is added.
    pub table: String,
    /// Name of the action.
    pub action: ActionName,
    /// What is published.
    pub output: Output,
    /// Settings that have a default.
    pub options: RequestOptions,
}

/// A job that is about to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Whose results.
    pub group: JobGroupId,
    /// What it has to do.
    pub request: JobRequest,
    /// The run: made once, so that whoever runs the job repeats the same run.
    pub run: RunId,
    /// The table that it publishes to, by target and name. One unfinished job has it at a time.
    pub lock_key: String,
    /// What the log carries.
    pub session_id: Uuid,
    /// Who asks.
    pub created_by: TokenId,
}

/// A publish of a job group's results.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose results.
    pub group: JobGroupId,
    /// Where it is.
    pub status: JobStatus,
    /// What it has to do.
    pub request: JobRequest,
    /// Its run.
    pub run: RunId,
    /// What the log carries.
    pub session_id: Uuid,
    /// How far it is, 0 to 100.
    pub percent: u8,
    /// Why it was not published.
    pub error_message: Option<String>,
    /// The table under its final name, once it was made.
    pub table: Option<TableName>,
    /// Rows published, where the target tells.
    pub row_count: Option<u64>,
    /// Whether somebody asked to cancel it.
    pub cancel_requested: bool,
    /// The server that runs it. `None` while it waits, and when it is over.
    pub owner: Option<ServerId>,
    /// How often a server took it.
    pub claim_count: u32,
    /// Who asked.
    pub created_by: TokenId,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
    /// When its server gave the last sign of life.
    pub heartbeat_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// `Complete`, `Failed` or `Canceled`.
    pub status: JobStatus,
    /// Why it was not published.
    pub error_message: Option<String>,
    /// The table under its final name.
    pub table: Option<TableName>,
    /// Rows published.
    pub row_count: Option<u64>,
}

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEvent {
    /// Its place in the job's log, from 1. `None` for what is told to listeners and not kept, such as progress.
    pub sequence: Option<u64>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened: an engine's event with its field `event`, or `jobClaimed`, `jobProgressed` and `jobFinished`.
    pub event: serde_json::Value,
}
