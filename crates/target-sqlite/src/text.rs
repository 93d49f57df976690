//! Dates, times and decimals as text that is whole and sorts right.

use std::io::Write;

use chrono::{Datelike, NaiveDate};

/// Days from 0001-01-01 (day 1) to 1970-01-01.
const EPOCH_DAY: i64 = 719_163;

const DAY_SECONDS: i64 = 86_400;

/// The first and the last day that sort right as text: years 0001 and 9999.
const DAYS: std::ops::RangeInclusive<i64> = (1 - EPOCH_DAY)..=(3_652_059 - EPOCH_DAY);

/// Appends a date, `YYYY-MM-DD`. Answers whether its year is one of 0001 to 9999.
pub(crate) fn push_date(out: &mut Vec<u8>, days: i64) -> bool {
    if !DAYS.contains(&days) {
        return false;
    }
    // Within the range above every day exists.
    let Some(date) = i32::try_from(days + EPOCH_DAY).ok().and_then(NaiveDate::from_num_days_from_ce_opt)
    else {
        return false;
    };
    push_digits(out, date.year().unsigned_abs().into(), 4);
    out.push(b'-');
    push_digits(out, date.month().into(), 2);
    out.push(b'-');
    push_digits(out, date.day().into(), 2);
    true
}

/// Appends a time of day, `HH:MM:SS` and `fraction` digits. Answers whether it is one: a day has 24 hours.
pub(crate) fn push_time(out: &mut Vec<u8>, value: i64, fraction: usize) -> bool {
    let unit = 10_i64.pow(fraction as u32);
    let (seconds, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    if !(0..DAY_SECONDS).contains(&seconds) {
        return false;
    }
    let seconds = seconds.unsigned_abs();
    push_digits(out, seconds / 3600, 2);
    out.push(b':');
    push_digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    push_digits(out, seconds % 60, 2);
    if fraction > 0 {
        out.push(b'.');
        push_digits(out, rest.unsigned_abs(), fraction);
    }
    true
}

/// Appends an instant, `YYYY-MM-DD HH:MM:SS` and `fraction` digits; one of a zone in UTC, with `+00:00`.
///
/// `+` sorts before `.` and digits, so that texts of different precision still sort by time.
pub(crate) fn push_timestamp(out: &mut Vec<u8>, value: i64, fraction: usize, is_zoned: bool) -> bool {
    let day = DAY_SECONDS * 10_i64.pow(fraction as u32);
    if !push_date(out, value.div_euclid(day)) {
        return false;
    }
    out.push(b' ');
    let is_time = push_time(out, value.rem_euclid(day), fraction);
    if is_zoned {
        out.extend_from_slice(b"+00:00");
    }
    is_time
}

/// Appends a decimal whose digits without a point are `digits`, with `kept` of them behind the point.
pub(crate) fn push_decimal(out: &mut Vec<u8>, digits: &str, scale: i32, kept: i32) {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    out.extend_from_slice(sign.as_bytes());
    let behind = usize::try_from(scale).unwrap_or(0);
    let whole = digits.len().saturating_sub(behind);
    if whole == 0 {
        out.push(b'0');
    }
    out.extend_from_slice(&digits.as_bytes()[..whole]);
    if scale < 0 && digits != "0" {
        out.resize(out.len() + scale.unsigned_abs() as usize, b'0');
    }
    let kept = usize::try_from(kept).unwrap_or(0);
    if kept == 0 {
        return;
    }
    out.push(b'.');
    out.resize(out.len() + behind.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(&digits.as_bytes()[whole..]);
    out.resize(out.len() + kept.saturating_sub(behind), b'0');
}

/// Appends an interval as ISO 8601 has it, such as `P1M2DT3.5S`; none at all is `PT0S`.
pub(crate) fn push_interval(out: &mut Vec<u8>, months: i32, days: i32, nanos: i64) {
    out.push(b'P');
    let written =
        [(i64::from(months), 'M'), (i64::from(days), 'D')].into_iter().filter(|(count, _)| *count != 0);
    for (count, unit) in written {
        // Writing to memory does not fail.
        let _ = write!(out, "{count}{unit}");
    }
    if nanos == 0 && (months, days) != (0, 0) {
        return;
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let _ = write!(out, "T{sign}{}", nanos / 1_000_000_000);
    if !nanos.is_multiple_of(1_000_000_000) {
        let fraction = format!("{:09}", nanos % 1_000_000_000);
        let _ = write!(out, ".{}", fraction.trim_end_matches('0'));
    }
    out.push(b'S');
}

fn push_digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_of_four_digit_years_are_written_and_no_others() {
        for (days, expected) in [
            (0, Some("1970-01-01")),
            (-719_162, Some("0001-01-01")),
            (2_932_896, Some("9999-12-31")),
            (11_016, Some("2000-02-29")),
            (-719_163, None),
            (2_932_897, None),
            (i64::MIN, None),
        ] {
            let mut out = Vec::new();
            let is_date = push_date(&mut out, days);
            assert_eq!(is_date.then(|| String::from_utf8(out).unwrap()).as_deref(), expected, "{days}");
        }
    }

    #[test]
    fn instants_sort_as_texts_whatever_their_precision() {
        let stamp =
            |value, fraction, is_zoned| text(|out| assert!(push_timestamp(out, value, fraction, is_zoned)));
        assert_eq!(stamp(-1, 6, false), "1969-12-31 23:59:59.999999");
        assert_eq!(stamp(1_000, 3, true), "1970-01-01 00:00:01.000+00:00");
        let sorted = [stamp(1, 0, true), stamp(1_001, 3, true), stamp(1_001_001, 6, true), stamp(2, 0, true)];
        assert!(sorted.is_sorted(), "{sorted:?}");
        assert!(!push_timestamp(&mut Vec::new(), i64::MAX, 0, false));
    }

    #[test]
    fn times_are_of_one_day() {
        assert_eq!(text(|out| assert!(push_time(out, 86_399_999_999, 6))), "23:59:59.999999");
        assert_eq!(text(|out| assert!(push_time(out, 0, 0))), "00:00:00");
        assert!(!push_time(&mut Vec::new(), 86_400, 0));
        assert!(!push_time(&mut Vec::new(), -1, 9));
    }

    #[test]
    fn decimals_keep_every_digit() {
        let decimal = |digits: &str, scale, kept| text(|out| push_decimal(out, digits, scale, kept));
        assert_eq!(decimal("12345", 2, 2), "123.45");
        assert_eq!(decimal("-5", 2, 2), "-0.05");
        assert_eq!(decimal("0", 2, 2), "0.00");
        assert_eq!(decimal("12345", 2, 4), "123.4500");
        assert_eq!(decimal("12", 0, 0), "12");
        assert_eq!(decimal("12", 0, 3), "12.000");
        assert_eq!(decimal("12", -3, 0), "12000");
        assert_eq!(decimal("0", -3, 0), "0");
        assert_eq!(decimal("1", 5, 5), "0.00001");
        let most = "9".repeat(38);
        assert_eq!(decimal(&most, 38, 38), format!("0.{most}"));
    }

    #[test]
    fn intervals_are_iso_8601() {
        let interval = |months, days, nanos| text(|out| push_interval(out, months, days, nanos));
        assert_eq!(interval(1, 2, 3_500_000_000), "P1M2DT3.5S");
        assert_eq!(interval(0, 0, 0), "PT0S");
        assert_eq!(interval(14, 0, 0), "P14M");
        assert_eq!(interval(0, -1, -1), "P-1DT-0.000000001S");
    }
}
