//! The timestamp in the name of a new table.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Error, ErrorKind, Result, TableName, TableState, TargetSession};

use super::call::within;
use crate::RunContext;

/// How many names are tried, a millisecond apart, before giving up.
const MAX_TRIES: i64 = 1000;

/// The name with `at` as its extension: `<table>_<yyyyMMddHHmmssSSS>`, UTC.
pub(super) fn stamped(asked: &TableName, at: DateTime<Utc>) -> TableName {
    asked.with_name(format!("{}_{}", asked.name, at.format("%Y%m%d%H%M%S%3f")))
}

/// The first free name with a timestamp, from now on.
pub(super) async fn free_name(
    session: &mut dyn TargetSession,
    asked: &TableName,
    context: &RunContext,
) -> Result<TableName> {
    let now = Utc::now();
    for millis in 0..MAX_TRIES {
        let name = stamped(asked, now + TimeDelta::milliseconds(millis));
        if within(context, session.inspect(&name)).await? == TableState::Absent {
            return Ok(name);
        }
    }
    Err(Error::new(ErrorKind::AlreadyExists, "Tables with the timestamps of the next second are all there")
        .with_context("table", asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_seventeen_digits_of_utc() {
        let at = DateTime::parse_from_rfc3339("2026-11-25T12:51:12.123+02:00").unwrap().to_utc();
        let name = stamped(&TableName::new("default", "test_table3"), at);
        assert_eq!(name.name, "test_table3_20261125105112123");
    }
}
