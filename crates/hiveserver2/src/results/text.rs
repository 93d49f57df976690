//! Values that the server sends as text.

use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_cast::parse::{Parser, parse_decimal, string_to_datetime};
use chrono::{DateTime, Utc};

use crate::error::{Error, ErrorKind, Result};

/// A decimal, exact: digits that the scale has no place for are an error unless they are zero.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128> {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    if fraction.len() > usize::try_from(scale).unwrap_or(0) {
        return Err(bad("A decimal has more digits than its type"));
    }
    parse_decimal::<Decimal128Type>(text, precision, scale)
        .map_err(|error| bad("A decimal cannot be read").with_source(error))
}

/// Days since 1970-01-01.
pub(super) fn date(text: &str) -> Result<i32> {
    Date32Type::parse(text).ok_or_else(|| bad("A date cannot be read; cast the column to STRING"))
}

/// Microseconds since 1970-01-01, in UTC where the text names a zone.
pub(super) fn microseconds(text: &str) -> Result<i64> {
    let instant = instant(text)?;
    if instant.timestamp_subsec_nanos() % 1000 != 0 {
        return Err(bad("A timestamp is finer than microseconds; ask for TimestampUnit::Nanosecond"));
    }
    Ok(instant.timestamp_micros())
}

/// Nanoseconds since 1970-01-01, in UTC where the text names a zone.
pub(super) fn nanoseconds(text: &str) -> Result<i64> {
    let message = "A timestamp is outside the years of nanoseconds; ask for TimestampUnit::Microsecond";
    instant(text)?.timestamp_nanos_opt().ok_or_else(|| bad(message))
}

fn instant(text: &str) -> Result<DateTime<Utc>> {
    string_to_datetime(&Utc, text).map_err(|error| {
        bad("A timestamp cannot be read; cast the column to STRING, or use the time zone UTC")
            .with_source(error)
    })
}

fn bad(message: &'static str) -> Error {
    Error::new(ErrorKind::BadData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_every_digit_or_is_refused() {
        assert_eq!(decimal("-123.4500", 10, 4).ok(), Some(-1_234_500));
        assert_eq!(decimal("1.5", 10, 4).ok(), Some(15_000));
        assert_eq!(decimal("1.50000", 10, 1).ok(), Some(15));
        assert_eq!(decimal("0", 38, 38).ok(), Some(0));
        let nines = "9".repeat(38);
        assert_eq!(decimal(&nines, 38, 0).ok(), nines.parse().ok());
        for text in ["1.23", "1000", "x", ""] {
            assert!(decimal(text, 3, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_and_timestamps_reach_from_year_1_to_9999() {
        assert_eq!(date("0001-01-01").ok(), Some(-719_162));
        assert_eq!(date("9999-12-31").ok(), Some(2_932_896));
        assert_eq!(microseconds("0001-01-01 00:00:00").ok(), Some(-719_162 * 86_400_000_000));
        assert_eq!(microseconds("9999-12-31 23:59:59.999999").ok(), Some(253_402_300_799_999_999));
        assert!(date("10000-01-01").is_err());
        assert!(microseconds("").is_err());
    }

    #[test]
    fn a_fraction_is_never_cut() {
        assert_eq!(microseconds("1970-01-01 00:00:00.1").ok(), Some(100_000));
        assert!(microseconds("1970-01-01 00:00:00.123456789").is_err());
        assert_eq!(nanoseconds("1970-01-01 00:00:00.123456789").ok(), Some(123_456_789));
        assert!(nanoseconds("0001-01-01 00:00:00").is_err());
    }

    #[test]
    fn a_named_zone_is_turned_into_utc() {
        assert_eq!(microseconds("1970-01-01 00:00:01.5 UTC").ok(), Some(1_500_000));
        assert_eq!(microseconds("1969-12-31 19:00:00.0 America/New_York").ok(), Some(0));
        // Twice on that night; the text does not say which.
        assert!(microseconds("2024-11-03 01:30:00.0 America/New_York").is_err());
    }
}
