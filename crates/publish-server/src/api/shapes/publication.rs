//! A publication in answers.

use serde::Serialize;

use super::{Moment, Reference};
use crate::{JobId, Publication};

/// What was published where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicationShape {
    id: JobId,
    job: Reference,
    job_group: Reference,
    connection: Reference,
    path: Vec<String>,
    table: String,
    action: String,
    input_format: &'static str,
    flow_node_id: i64,
    row_count: Option<u64>,
    creator: Reference,
    created_at: Moment,
    updated_at: Moment,
}

impl From<Publication> for PublicationShape {
    fn from(publication: Publication) -> Self {
        Self {
            id: publication.job,
            job: Reference { id: publication.job.0 },
            job_group: Reference { id: publication.group.0 },
            connection: Reference { id: publication.connection.0 },
            path: vec![publication.table.namespace],
            table: publication.table.name,
            action: publication.action.as_str().to_owned(),
            input_format: super::job_group::format_name(publication.input_format),
            flow_node_id: publication.flow_node_id,
            row_count: publication.row_count,
            creator: Reference { id: publication.created_by.0 },
            created_at: Moment(publication.created_at),
            updated_at: Moment(publication.published_at),
        }
    }
}
