//! The shapes of the contract: what bodies hold, and what answers look like, to the letter.

mod connection;
mod event;
mod job;
mod job_group;
mod publication;
mod publish;

pub(crate) use connection::{ConnectionShape, new_connection};
pub(crate) use event::EventShape;
pub(crate) use job::JobShape;
pub(crate) use job_group::{JobGroupV3, JobGroupV4, new_job_group};
pub(crate) use publication::PublicationShape;
pub(crate) use publish::{CancelAnswer, PublishAnswer, publish_call};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// A reference to another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reference {
    pub(crate) id: i64,
}

/// An array in an object, as every list is.
#[derive(Debug, Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// A time as the contract writes it: UTC, with milliseconds and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds_and_z() {
        let at = DateTime::parse_from_rfc3339("2019-02-12T00:55:32.6049+01:00").unwrap().to_utc();
        assert_eq!(serde_json::to_value(Moment(at)).unwrap(), "2019-02-11T23:55:32.604Z");
        let at = DateTime::parse_from_rfc3339("2019-02-11T23:55:32Z").unwrap().to_utc();
        assert_eq!(serde_json::to_value(Moment(at)).unwrap(), "2019-02-11T23:55:32.000Z");
    }
}
