//! Values of Parquet as text.

use chrono::{DateTime, NaiveDate, TimeDelta};
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};

use super::judge::{Reading, Scalar};

/// A value as it stands in a file.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Boolean(bool),
    Int(i64),
    Int96(Int96),
    Float(f32),
    Double(f64),
    Bytes(ByteArray),
}

impl From<bool> for Raw {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Raw {
    fn from(value: i32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<i64> for Raw {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Int96> for Raw {
    fn from(value: Int96) -> Self {
        Self::Int96(value)
    }
}

impl From<f32> for Raw {
    fn from(value: f32) -> Self {
        Self::Float(value)
    }
}

impl From<f64> for Raw {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<ByteArray> for Raw {
    fn from(value: ByteArray) -> Self {
        Self::Bytes(value)
    }
}

impl From<FixedLenByteArray> for Raw {
    fn from(value: FixedLenByteArray) -> Self {
        Self::Bytes(value.into())
    }
}

/// The text of a value; the reason if it has none. Invalid UTF-8 is replaced where a replacement is given.
pub(super) fn text_of(raw: &Raw, reading: Reading, replacement: Option<u8>) -> Result<String, String> {
    let out_of_range = || "The data column holds a time out of range".to_owned();
    match (reading, raw) {
        (Reading::Boolean | Reading::Scalar(Scalar::Plain), Raw::Boolean(value)) => Ok(value.to_string()),
        (Reading::Integer | Reading::Scalar(Scalar::Plain), Raw::Int(value)) => Ok(value.to_string()),
        (Reading::Float, Raw::Float(value)) => Ok(value.to_string()),
        (Reading::Float, Raw::Double(value)) => Ok(value.to_string()),
        (Reading::Scalar(Scalar::Plain), Raw::Float(value)) => {
            json_number(f64::from(*value), &value.to_string())
        }
        (Reading::Scalar(Scalar::Plain), Raw::Double(value)) => json_number(*value, &value.to_string()),
        (Reading::Decimal { scale } | Reading::Scalar(Scalar::Decimal { scale }), raw) => {
            unscaled(raw).map(|value| decimal_text(value, scale))
        }
        (Reading::Text | Reading::Json, Raw::Bytes(bytes)) => string(bytes.data(), replacement),
        (Reading::Scalar(Scalar::Quoted), Raw::Bytes(bytes)) => {
            Ok(quoted(&string(bytes.data(), replacement)?))
        }
        (Reading::Hex, Raw::Bytes(bytes)) => {
            Ok(bytes.data().iter().map(|byte| format!("{byte:02x}")).collect())
        }
        (Reading::Date, Raw::Int(days)) => date_text(*days).ok_or_else(out_of_range),
        (Reading::Scalar(Scalar::Date), Raw::Int(days)) => {
            date_text(*days).map(|text| quoted(&text)).ok_or_else(out_of_range)
        }
        (Reading::Timestamp { per_second }, Raw::Int(ticks)) => {
            timestamp_text(*ticks, per_second).ok_or_else(out_of_range)
        }
        (Reading::Scalar(Scalar::Timestamp { per_second }), Raw::Int(ticks)) => {
            timestamp_text(*ticks, per_second).map(|text| quoted(&text)).ok_or_else(out_of_range)
        }
        (Reading::Int96, Raw::Int96(value)) => int96_text(value).ok_or_else(out_of_range),
        _ => Err("The data column is not what its schema says".to_owned()),
    }
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A number of JSON, which has no infinities.
pub(super) fn json_number(value: f64, text: &str) -> Result<String, String> {
    if value.is_finite() {
        Ok(text.to_owned())
    } else {
        Err("A number that is not finite has no JSON".to_owned())
    }
}

/// A decimal of which only the digits are known.
pub(super) fn decimal_text(value: i128, scale: u32) -> String {
    let scale = scale as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Days since 1970 as a date.
pub(super) fn date_text(days: i64) -> Option<String> {
    let date = NaiveDate::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::try_days(days)?)?;
    Some(date.format("%Y-%m-%d").to_string())
}

/// Ticks since 1970 as a time without zone.
pub(super) fn timestamp_text(ticks: i64, per_second: i64) -> Option<String> {
    let micros = ticks.checked_mul(1_000_000 / per_second)?;
    let time = DateTime::from_timestamp_micros(micros)?;
    Some(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

/// Two's complement, big end first.
pub(super) fn big_endian(bytes: &[u8]) -> Option<i128> {
    let (head, tail) = bytes.split_at(bytes.len().saturating_sub(16));
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let filler = if is_negative { 0xff } else { 0 };
    if head.iter().any(|byte| *byte != filler) {
        return None;
    }
    let mut wide = [filler; 16];
    wide[16 - tail.len()..].copy_from_slice(tail);
    Some(i128::from_be_bytes(wide))
}

fn unscaled(raw: &Raw) -> Result<i128, String> {
    match raw {
        Raw::Int(value) => Ok(i128::from(*value)),
        Raw::Bytes(bytes) => {
            big_endian(bytes.data()).ok_or_else(|| "A decimal has more than 38 digits".to_owned())
        }
        _ => Err("The data column is not what its schema says".to_owned()),
    }
}

fn string(bytes: &[u8], replacement: Option<u8>) -> Result<String, String> {
    match (std::str::from_utf8(bytes), replacement) {
        (Ok(text), _) => Ok(text.to_owned()),
        (Err(_), Some(replacement)) => Ok(crate::load::text::replaced(bytes, replacement)),
        (Err(_), None) => Err("The data column holds invalid UTF-8".to_owned()),
    }
}

fn int96_text(value: &Int96) -> Option<String> {
    const EPOCH: i64 = 2_440_588;
    let parts = value.data();
    let nanos = i64::from(parts[0]) | (i64::from(parts[1]) << 32);
    let days = i64::from(parts[2]) - EPOCH;
    timestamp_text(days.checked_mul(86_400_000_000)?.checked_add(nanos / 1_000)?, 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_sign_and_zeros() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(1_200, 2), "12.00");
        assert_eq!(decimal_text(7, 0), "7");
        assert_eq!(big_endian(&[0xff, 0x38]), Some(-200));
        assert_eq!(big_endian(&[0; 20]), Some(0));
        assert_eq!(big_endian(&[1; 17]), None);
    }

    #[test]
    fn times_are_exact_to_the_microsecond() {
        assert_eq!(timestamp_text(-1, 1_000_000).unwrap(), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp_text(1_700_000_000_123, 1_000).unwrap(), "2023-11-14 22:13:20.123000");
        let mut value = Int96::new();
        value.set_data(1_000_000, 0, 2_440_589);
        assert_eq!(int96_text(&value).unwrap(), "1970-01-02 00:00:00.001000");
        assert_eq!(date_text(-1).unwrap(), "1969-12-31");
        assert_eq!(date_text(i64::MAX), None);
    }

    #[test]
    fn a_string_in_super_is_a_string_and_not_parsed() {
        let raw = Raw::Bytes(ByteArray::from("{\"a\":1}"));
        let scalar = Reading::Scalar(Scalar::Quoted);
        assert_eq!(text_of(&raw, scalar, None).unwrap(), r#""{\"a\":1}""#);
        assert_eq!(text_of(&raw, Reading::Json, None).unwrap(), "{\"a\":1}");
        let raw = Raw::Bytes(ByteArray::from(vec![b'a', 0xff]));
        assert!(text_of(&raw, Reading::Text, None).is_err());
        assert_eq!(text_of(&raw, Reading::Text, Some(b'?')).unwrap(), "a?");
    }
}
