//! What a server says of itself: how its sessions read files.

use publish_core::{Error, ErrorKind, Result, Retry, RunContext};
use serde::{Deserialize, Serialize};

use super::{HiveSession, Stop};
use crate::error::hive_error;
use crate::files::ReaderSettings;

/// The time zone of the server's JVM. Hive's readers of Avro and Parquet go by it, whatever `hive.local.time.zone` is.
const ZONE: &str = "system:user.timezone";

/// Whether times of Avro files stay as they are.
const AVRO_KEEPS_TIMES: &str = "hive.avro.timestamp.skip.conversion";

/// Whether days of Avro files that say nothing of their calendar are Gregorian before 1582, too.
const AVRO_GREGORIAN: &str = "hive.avro.proleptic.gregorian.default";

/// The same of Parquet files.
const PARQUET_GREGORIAN: &str = "hive.parquet.date.proleptic.gregorian.default";

/// Names of zones whose clocks always show UTC.
const UTC_NAMES: [&str; 8] = ["UTC", "UCT", "GMT", "GMT0", "Greenwich", "Universal", "Zulu", "Z"];

/// How a server's sessions read files, as it said itself. What it does not say is as in a Hive that nobody changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ServerFacts {
    /// The zone of the server's JVM, such as `America/New_York`. `None` where it was not asked for, or not told.
    pub(crate) zone: Option<String>,
    /// Whether times of Avro files stay as they are in any zone.
    pub(crate) avro_keeps_times: bool,
    /// Whether days of Avro files are Gregorian.
    pub(crate) avro_gregorian: bool,
    /// Whether days of Parquet files are Gregorian.
    pub(crate) parquet_gregorian: bool,
}

impl ServerFacts {
    /// Reads back what a session told.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if another target's session told it.
    pub(crate) fn of(told: &serde_json::Value) -> Result<Self> {
        if told.is_null() {
            return Ok(Self::default());
        }
        Self::deserialize(told).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "What is known of the server is not from this target")
                .with_source(error)
        })
    }

    /// How Avro files are read.
    pub(crate) fn avro(&self) -> ReaderSettings {
        ReaderSettings::unknown()
            .with_zone_utc(self.avro_keeps_times || self.is_utc())
            .with_gregorian_dates(self.avro_gregorian)
    }

    /// How Parquet files are read.
    pub(crate) fn parquet(&self) -> ReaderSettings {
        ReaderSettings::unknown().with_zone_utc(self.is_utc()).with_gregorian_dates(self.parquet_gregorian)
    }

    fn is_utc(&self) -> bool {
        self.zone.as_deref().is_some_and(|zone| UTC_NAMES.contains(&zone.trim_start_matches("Etc/")))
    }
}

impl HiveSession {
    /// Asks the server how it reads files, once a session. What the connection's settings say already is not asked for.
    pub(crate) async fn server_facts(&mut self, run: &RunContext) -> Result<ServerFacts> {
        if let Some(facts) = &self.facts {
            return Ok(facts.clone());
        }
        let mut facts = ServerFacts::default();
        if self.config.server_zone_utc.is_none() {
            facts.zone = self.asked(ZONE, run).await?;
            facts.avro_keeps_times = self.is_on(AVRO_KEEPS_TIMES, run).await?;
        }
        if self.config.gregorian_dates.is_none() {
            facts.avro_gregorian = self.is_on(AVRO_GREGORIAN, run).await?;
            facts.parquet_gregorian = self.is_on(PARQUET_GREGORIAN, run).await?;
        }
        tracing::debug!(?facts, "the server told how it reads files");
        self.facts = Some(facts.clone());
        Ok(facts)
    }

    async fn is_on(&mut self, property: &str, run: &RunContext) -> Result<bool> {
        Ok(self.asked(property, run).await?.is_some_and(|value| value.eq_ignore_ascii_case("true")))
    }

    /// The value of a property, as the sessions of readers have it. `None` where the server does not tell.
    async fn asked(&mut self, property: &str, run: &RunContext) -> Result<Option<String>> {
        // The answer would be what this connection has set for its own session, and readers have theirs.
        if self.config.settings.contains_key(property) {
            return Ok(None);
        }
        let statement = format!("SET {property}");
        match self.server.ask(&statement, None, Stop::OnCancel, run).await? {
            Ok(rows) => Ok(value_of(property, rows.into_iter().flatten().flatten())),
            Err(error) => {
                let error = hive_error(error);
                match error.kind() {
                    // Asking changes nothing, so a lost answer may be asked for again.
                    ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Cancelled => {
                        Err(if error.retry() == Retry::InDoubt {
                            error.with_retry(Retry::Safe)
                        } else {
                            error
                        })
                    }
                    _ => {
                        tracing::debug!(property, error = %error, "the server does not tell a property");
                        Ok(None)
                    }
                }
            }
        }
    }
}

/// The value in an answer such as `a.b=c`. One such as `a.b is undefined` has none.
fn value_of(property: &str, mut lines: impl Iterator<Item = String>) -> Option<String> {
    lines.find_map(|line| {
        let value = line.trim().strip_prefix(property)?.strip_prefix('=')?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_zone_whose_clock_always_shows_utc_is_utc() {
        let is_utc =
            |zone: &str| ServerFacts { zone: Some(zone.to_owned()), ..ServerFacts::default() }.is_utc();
        for zone in ["UTC", "Etc/UTC", "GMT", "Etc/Zulu", "Z"] {
            assert!(is_utc(zone), "{zone}");
        }
        for zone in ["Europe/London", "Africa/Abidjan", "GMT+1", "Etc/GMT+1", "America/New_York", ""] {
            assert!(!is_utc(zone), "{zone}");
        }
        assert!(!ServerFacts::default().is_utc());
    }

    #[test]
    fn a_value_is_read_from_what_set_answers() {
        let value = |line: &str| value_of("a.b", [line.to_owned()].into_iter());
        assert_eq!(value("a.b=true").as_deref(), Some("true"));
        assert_eq!(value("a.b=America/New_York ").as_deref(), Some("America/New_York"));
        for line in ["a.b is undefined", "a.b=", "a.bc=1", "Warning: a.b=1"] {
            assert_eq!(value(line), None, "{line}");
        }
    }

    #[test]
    fn times_of_avro_stay_in_any_zone_where_the_server_leaves_them() {
        let zone = Some("America/New_York".to_owned());
        let facts = ServerFacts { zone, avro_keeps_times: true, ..ServerFacts::default() };
        assert!(facts.avro().zone_is_utc && !facts.parquet().zone_is_utc);
        let told = serde_json::to_value(&facts).unwrap();
        assert_eq!(ServerFacts::of(&told).unwrap(), facts);
        assert_eq!(ServerFacts::of(&serde_json::Value::Null).unwrap(), ServerFacts::default());
    }
}
