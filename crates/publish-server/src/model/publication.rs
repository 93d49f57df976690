//! Publications: what was published where.

use chrono::{DateTime, Utc};
use publish_core::{ActionName, FileFormat, TableName};

use crate::{ConnectionId, Job, JobGroupId, JobId, JobStatus, TokenId};

/// What a finished job published.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Publication {
    /// The job that published, which is the publication's id too.
    pub job: JobId,
    /// Whose results.
    pub group: JobGroupId,
    /// Which of its outputs.
    pub flow_node_id: i64,
    /// Where to.
    pub connection: ConnectionId,
    /// Path to the database or schema, as asked.
    pub path: Vec<String>,
    /// The table under its final name.
    pub table: TableName,
    /// By which action.
    pub action: ActionName,
    /// From which format.
    pub input_format: FileFormat,
    /// Rows published, where the target tells.
    pub row_count: Option<u64>,
    /// Who asked.
    pub created_by: TokenId,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

impl Publication {
    /// The publication of a job. `None` unless it is complete.
    pub fn of(job: &Job) -> Option<Self> {
        if job.status != JobStatus::Complete {
            return None;
        }
        Some(Self {
            job: job.id,
            group: job.group,
            flow_node_id: job.request.output.flow_node_id,
            connection: job.request.connection,
            path: job.request.path.clone(),
            table: job.table.clone()?,
            action: job.request.action.clone(),
            input_format: job.request.output.format,
            row_count: job.row_count,
            created_by: job.created_by,
            created_at: job.created_at,
            published_at: job.finished_at?,
        })
    }
}
