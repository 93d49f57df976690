//! Dates, times and timestamps as ISO 8601 text.

use std::fmt;

use arrow_schema::TimeUnit;
use chrono::{DateTime, Datelike, NaiveDate};

/// Days from the first of January of year 1 to that of 1970, as [`Datelike::num_days_from_ce`] counts.
const EPOCH_DAYS: i32 = 719_163;

const DAY_SECONDS: i64 = 86_400;

/// A time of day: `HH:MM:SS`, with up to nine digits of fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    /// Seconds since midnight.
    pub(crate) seconds: u32,
    /// The fraction.
    pub(crate) nanos: u32,
    /// Digits of the fraction.
    pub(crate) fraction_digits: u32,
}

/// A timestamp: a date, `T` or a space, a time, and maybe `Z` or an offset such as `+02:00`, `+0200` or `+02`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Seconds since 1970, in UTC where there is a zone.
    pub(crate) seconds: i64,
    /// The fraction.
    pub(crate) nanos: u32,
    /// Digits of the fraction.
    pub(crate) fraction_digits: u32,
    /// Whether it has `Z` or an offset.
    pub(crate) is_zoned: bool,
    /// Whether its offset is another than zero.
    pub(crate) is_shifted: bool,
}

/// Reads `YYYY-MM-DD`, a day that was, of the years 0001 to 9999, as days since 1970.
pub(crate) fn parse_date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    if year == 0 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(m1, m2)?, two(d1, d2)?)?;
    Some(date.num_days_from_ce() - EPOCH_DAYS)
}

impl Time {
    /// Reads a text. `None` if it is no time of day; there is no leap second and no hour 24.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let [h1, h2, b':', m1, m2, b':', s1, s2, fraction @ ..] = text else { return None };
        let (hours, minutes, seconds) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let (nanos, fraction_digits) = match fraction {
            [] => (0, 0),
            [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
                let mut nanos = 0;
                for byte in digits {
                    nanos = nanos * 10 + digit(*byte)?;
                }
                let count = digits.len() as u32;
                (nanos * 10_u32.pow(9 - count), count)
            }
            _ => return None,
        };
        Some(Self { seconds: hours * 3600 + minutes * 60 + seconds, nanos, fraction_digits })
    }

    /// The time since midnight in a unit that holds it exactly.
    pub(crate) fn in_unit(self, unit: TimeUnit) -> Option<i64> {
        in_unit(i64::from(self.seconds), self.nanos, unit)
    }
}

impl Moment {
    /// Reads a text. `None` if it is no timestamp.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() < 19 || !matches!(text[10], b'T' | b' ') {
            return None;
        }
        let (date, rest) = (&text[..10], &text[11..]);
        let zone_at =
            rest.iter().skip(8).position(|byte| matches!(byte, b'Z' | b'+' | b'-')).map(|at| at + 8);
        let (time, zone) = rest.split_at(zone_at.unwrap_or(rest.len()));
        let offset = match zone {
            [] => None,
            zone => Some(parse_offset(zone)?),
        };
        let time = Time::parse(time)?;
        let shift = offset.unwrap_or(0);
        Some(Self {
            seconds: i64::from(parse_date(date)?) * DAY_SECONDS + i64::from(time.seconds) - shift,
            nanos: time.nanos,
            fraction_digits: time.fraction_digits,
            is_zoned: offset.is_some(),
            is_shifted: shift != 0,
        })
    }

    /// The time since 1970 in a unit that holds it exactly.
    pub(crate) fn in_unit(self, unit: TimeUnit) -> Option<i64> {
        in_unit(self.seconds, self.nanos, unit)
    }
}

/// Writes a date as `YYYY-MM-DD`. `None` outside the years 0001 to 9999, which have no such text.
pub(crate) fn print_date(days: i32, to: &mut impl fmt::Write) -> Option<()> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_DAYS)?)?;
    if !(1..=9999).contains(&date.year()) {
        return None;
    }
    write!(to, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day()).ok()
}

/// Writes a time of day. `None` if it is none.
pub(crate) fn print_time(value: i64, unit: TimeUnit, to: &mut impl fmt::Write) -> Option<()> {
    let per_second = units_per_second(unit);
    let seconds = value.div_euclid(per_second);
    if !(0..DAY_SECONDS).contains(&seconds) {
        return None;
    }
    write!(to, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).ok()?;
    print_fraction(value.rem_euclid(per_second), unit, to)
}

/// Writes a timestamp, in UTC with a `Z` if it has a zone. `None` outside the years 0001 to 9999.
pub(crate) fn print_moment(
    value: i64,
    unit: TimeUnit,
    is_zoned: bool,
    to: &mut impl fmt::Write,
) -> Option<()> {
    let per_second = units_per_second(unit);
    let seconds = value.div_euclid(per_second);
    DateTime::from_timestamp(seconds, 0)?;
    print_date(i32::try_from(seconds.div_euclid(DAY_SECONDS)).ok()?, to)?;
    to.write_char('T').ok()?;
    print_time(seconds.rem_euclid(DAY_SECONDS), TimeUnit::Second, to)?;
    print_fraction(value.rem_euclid(per_second), unit, to)?;
    if is_zoned { to.write_char('Z').ok() } else { Some(()) }
}

fn print_fraction(fraction: i64, unit: TimeUnit, to: &mut impl fmt::Write) -> Option<()> {
    match (fraction, unit) {
        (0, _) | (_, TimeUnit::Second) => Some(()),
        (_, TimeUnit::Millisecond) => write!(to, ".{fraction:03}").ok(),
        (_, TimeUnit::Microsecond) => write!(to, ".{fraction:06}").ok(),
        (_, TimeUnit::Nanosecond) => write!(to, ".{fraction:09}").ok(),
    }
}

fn in_unit(seconds: i64, nanos: u32, unit: TimeUnit) -> Option<i64> {
    let per_second = units_per_second(unit);
    let nanos_per_unit = 1_000_000_000 / per_second;
    let nanos = i64::from(nanos);
    if nanos % nanos_per_unit != 0 {
        return None;
    }
    let value = i128::from(seconds) * i128::from(per_second) + i128::from(nanos / nanos_per_unit);
    i64::try_from(value).ok()
}

fn units_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

fn parse_offset(zone: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match *zone {
        [b'Z'] => return Some(0),
        [sign, h1, h2] => (sign, two(h1, h2)?, 0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, two(h1, h2)?, two(m1, m2)?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn digit(byte: u8) -> Option<u32> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_were_are_dates() {
        assert_eq!(parse_date(b"1970-01-02"), Some(1));
        assert_eq!((parse_date(b"0001-01-01"), parse_date(b"9999-12-31")), (Some(-719_162), Some(2_932_896)));
        assert!(parse_date(b"2024-02-29").is_some());
        for text in
            ["2023-02-29", "0000-01-01", "2023-1-1", "2023-01-01 ", "20230101", "2023/01/01", "2023-13-01"]
        {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_timestamp_is_read_to_its_last_digit_and_brought_to_utc() {
        let micros = |text: &str| Moment::parse(text.as_bytes())?.in_unit(TimeUnit::Microsecond);
        assert_eq!(micros("1970-01-01T00:00:01.000001"), Some(1_000_001));
        assert_eq!(micros("1970-01-01 02:00:00+02:00"), Some(0));
        assert_eq!(micros("1969-12-31 23:30:00.5-0030"), Some(500_000));
        assert_eq!(micros("1970-01-01 00:00:00+00"), Some(0));
        assert_eq!(micros("1970-01-01 00:00:00.0000001"), None);
        for text in [
            "1970-01-01",
            "1970-01-01T00:00",
            "1970-01-01T24:00:00",
            "1970-01-01T00:00:00.",
            "1970-01-01T00:00:60",
            "1970-01-01T00:00:00 Z",
            "1970-01-01t00:00:00",
            "1970-01-01T00:00:00.1234567890",
            "1970-01-01T00:00:00+2",
        ] {
            assert_eq!(Moment::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
            for value in [0, 1, -1, 1_700_000_123, -1_700_000_123] {
                let mut text = String::new();
                print_moment(value, unit, true, &mut text).unwrap();
                assert_eq!(Moment::parse(text.as_bytes()).unwrap().in_unit(unit), Some(value), "{text}");
            }
        }
        let mut text = String::new();
        print_time(86_399_999_999, TimeUnit::Microsecond, &mut text).unwrap();
        assert_eq!(text, "23:59:59.999999");
        assert_eq!(print_time(86_400, TimeUnit::Second, &mut text), None);
        assert_eq!(print_date(2_932_897, &mut text), None);
        assert_eq!(print_date(i32::MAX, &mut text), None);
        assert_eq!(print_moment(i64::MIN, TimeUnit::Second, false, &mut text), None);
    }
}
