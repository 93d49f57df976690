//! A job in answers.

use publish_core::RunId;
use serde::Serialize;
use uuid::Uuid;

use super::{Moment, Reference};
use crate::{Job, JobId, JobStatus};

/// A publish, as clients poll it.
///
/// The fields after `errorMessage` are beyond the contract: where the results went, once that is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobShape {
    id: JobId,
    status: JobStatus,
    job_type: &'static str,
    /// Percent of the results that are published: all of them, always.
    sample_size: u8,
    percent_complete: u8,
    last_heartbeat_at: Option<Moment>,
    created_at: Moment,
    updated_at: Moment,
    creator: Reference,
    job_group: Reference,
    error_message: Option<String>,
    path: Vec<String>,
    table: String,
    row_count: Option<u64>,
    run_id: RunId,
    session_id: Uuid,
}

impl From<Job> for JobShape {
    fn from(job: Job) -> Self {
        // The name that was made, once it was: the name that was asked for until then.
        let (path, table) = match job.table {
            Some(table) => (vec![table.namespace], table.name),
            None => (job.request.path, job.request.table),
        };
        Self {
            id: job.id,
            status: job.status,
            job_type: "publish",
            sample_size: 100,
            percent_complete: job.percent,
            last_heartbeat_at: job.heartbeat_at.map(Moment),
            created_at: Moment(job.created_at),
            updated_at: Moment(job.updated_at),
            creator: Reference { id: job.created_by.0 },
            job_group: Reference { id: job.group.0 },
            error_message: job.error_message,
            path,
            table,
            row_count: job.row_count,
            run_id: job.run,
            session_id: job.session_id,
        }
    }
}
