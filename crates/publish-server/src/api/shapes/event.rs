//! An entry of a job's log in answers.

use serde::Serialize;
use serde_json::Value;

use super::Moment;
use crate::JobEvent;

/// Something that happened to a job.
#[derive(Debug, Serialize)]
pub(crate) struct EventShape {
    sequence: Option<u64>,
    at: Moment,
    event: Value,
}

impl From<JobEvent> for EventShape {
    fn from(event: JobEvent) -> Self {
        Self { sequence: event.sequence, at: Moment(event.at), event: event.event }
    }
}
