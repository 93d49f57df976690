//! Values: the text of a field judged and written by the type of its column.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::sql::{CopyCommand, DateFormat, TimeFormat};

/// A column that is loaded.
#[derive(Clone, Debug)]
pub(crate) struct LoadColumn {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) is_required: bool,
    kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Integer { name: &'static str, bytes: u8, least: i64, most: i64 },
    Decimal { precision: u32, scale: u32 },
    Float { is_single: bool },
    Boolean,
    Char(usize),
    Varchar(usize),
    Date,
    Time,
    Timestamp { is_zoned: bool },
    Super,
    Varbyte(usize),
}

/// Why a value is refused: the service's number and its reason.
pub(crate) type Refusal = (i32, String);

impl LoadColumn {
    /// A column by PostgreSQL's name of its type; `None` for types that can't be loaded.
    pub(crate) fn new(name: &str, type_name: &str, is_required: bool) -> Option<Self> {
        let (base, arguments) = type_name.split_once('(').unwrap_or((type_name, ""));
        let mut numbers = arguments.trim_end_matches(|c| c != ')').trim_end_matches(')').split(',');
        let mut number = || numbers.next().and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0);
        let integer = |name, bytes: u8, least, most| Kind::Integer { name, bytes, least, most };
        let kind = match base {
            "smallint" => integer("Short", 2, i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => integer("Integer", 4, i64::from(i32::MIN), i64::from(i32::MAX)),
            "bigint" => integer("Long", 8, i64::MIN, i64::MAX),
            "numeric" => {
                let precision = number();
                Kind::Decimal { precision: precision as u32, scale: number() as u32 }
            }
            "real" | "double precision" => Kind::Float { is_single: base == "real" },
            "boolean" => Kind::Boolean,
            "character" => Kind::Char(number()),
            "character varying" => Kind::Varchar(number()),
            "date" => Kind::Date,
            "time without time zone" | "time with time zone" => Kind::Time,
            "timestamp without time zone" => Kind::Timestamp { is_zoned: false },
            "timestamp with time zone" => Kind::Timestamp { is_zoned: true },
            "super" => Kind::Super,
            "varbyte" => Kind::Varbyte(number()),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), type_name: type_name.to_owned(), is_required, kind })
    }

    /// Whether an empty field is an empty string and not a null.
    pub(crate) fn is_character(&self) -> bool {
        matches!(self.kind, Kind::Char(_) | Kind::Varchar(_))
    }

    /// What the column holds.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The longest value in bytes, where there is one.
    pub(crate) fn length(&self) -> Option<usize> {
        match self.kind {
            Kind::Char(length) | Kind::Varchar(length) | Kind::Varbyte(length) => Some(length),
            _ => None,
        }
    }

    /// The length in bytes of a value that is given as text.
    pub(crate) fn data_length(&self, text: &str) -> usize {
        if matches!(self.kind, Kind::Varbyte(_)) { text.len() / 2 } else { text.len() }
    }

    /// Whether values are kept as JSON.
    pub(crate) fn is_super(&self) -> bool {
        matches!(self.kind, Kind::Super)
    }

    /// The value as PostgreSQL reads it; `None` is a null.
    pub(crate) fn convert(&self, text: &str, copy: &CopyCommand) -> Result<Option<String>, Refusal> {
        let result = match self.kind {
            Kind::Integer { name, least, most, .. } => integer(text, name, least, most),
            Kind::Decimal { precision, scale } => decimal(text, precision, scale, copy.has("roundec")),
            Kind::Float { is_single } => float(text, is_single),
            Kind::Boolean => boolean(text),
            Kind::Char(length) => {
                if !text.is_ascii() {
                    return Err((1215, "CHAR holds single-byte characters only".to_owned()));
                }
                characters(text, length, copy)
            }
            Kind::Varchar(length) => characters(text, length, copy),
            Kind::Date => date(text, &copy.date_format),
            Kind::Time => match NaiveTime::parse_from_str(text.trim(), "%H:%M:%S%.f") {
                Ok(time) => Ok(time.to_string()),
                Err(_) => Err((1206, format!("Invalid time format or value '{text}'"))),
            },
            Kind::Timestamp { is_zoned } => timestamp(text, &copy.time_format, is_zoned),
            Kind::Super => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                // The text stays as it is: numbers keep their digits and objects their order.
                Ok(_) => Ok(crate::load::json::compact(text)),
                Err(_) => Err((1224, "Invalid JSON for SUPER".to_owned())),
            },
            Kind::Varbyte(length) => varbyte(text, length),
        };
        match (result, self.kind) {
            (Err(_), Kind::Date | Kind::Timestamp { .. }) if copy.has("acceptanydate") => Ok(None),
            (result, _) => result.map(Some),
        }
    }
}

fn integer(text: &str, name: &str, least: i64, most: i64) -> Result<String, Refusal> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let place = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
        return Err((1207, format!("Invalid digit, Value '{text}', Pos {place}, Type: {name}")));
    }
    match text.parse::<i64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value.to_string()),
        _ => Err((1222, format!("Overflow, Column type: {name}"))),
    }
}

fn float(text: &str, is_single: bool) -> Result<String, Refusal> {
    let text = text.trim();
    let value: f64 = text.parse().map_err(|_| (1208, format!("Invalid float format or value '{text}'")))?;
    let is_given_infinite = text.to_ascii_lowercase().contains("inf");
    let is_over = if is_single { (value as f32).is_infinite() } else { value.is_infinite() };
    if is_over && !is_given_infinite {
        let name = if is_single { "FLOAT4" } else { "FLOAT8" };
        return Err((1208, format!("Overflow, Column type: {name}")));
    }
    Ok(text.to_owned())
}

/// Surplus digits are cut, or rounded where the load asks for it.
fn decimal(text: &str, precision: u32, scale: u32, is_rounded: bool) -> Result<String, Refusal> {
    let bad = || (1209, format!("Invalid digit, Value '{text}', Type: Decimal"));
    let trimmed = text.trim();
    let is_negative = trimmed.starts_with('-');
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return Err(bad());
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(scale as usize).collect();
    let overflow = || (1209, format!("Overflow for NUMERIC({precision},{scale})"));
    let unscaled = format!("{whole}{kept}");
    let unscaled = unscaled.trim_start_matches('0');
    let mut value: i128 = if unscaled.is_empty() { 0 } else { unscaled.parse().map_err(|_| overflow())? };
    if is_rounded && fraction.as_bytes().get(scale as usize).is_some_and(|digit| *digit >= b'5') {
        value += 1;
    }
    // Up to 19 digits are kept in 64 bits.
    let most = if precision == 19 { i128::from(i64::MAX) } else { 10_i128.pow(precision.min(38)) - 1 };
    if value > most {
        return Err(overflow());
    }
    let text = format!("{value:0>width$}", width = scale as usize + 1);
    let (whole, fraction) = text.split_at(text.len() - scale as usize);
    let sign = if is_negative { "-" } else { "" };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn boolean(text: &str) -> Result<String, Refusal> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "1" | "y" | "yes" => Ok("t".to_owned()),
        "f" | "false" | "0" | "n" | "no" => Ok("f".to_owned()),
        _ => Err((1210, format!("Unknown boolean format '{text}'"))),
    }
}

fn characters(text: &str, length: usize, copy: &CopyCommand) -> Result<String, Refusal> {
    if text.contains('\0') {
        return Err((1218, "Missing newline: Unexpected character 0x0 found".to_owned()));
    }
    if text.len() <= length {
        return Ok(text.to_owned());
    }
    let is_surplus_blank = text.trim_end_matches(' ').len() <= length;
    if !is_surplus_blank && !copy.has("truncatecolumns") {
        return Err((1204, "String length exceeds DDL length".to_owned()));
    }
    let mut end = length;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Ok(text[..end].to_owned())
}

fn date(text: &str, format: &DateFormat) -> Result<String, Refusal> {
    let text = text.trim();
    let parsed = match format {
        DateFormat::Default => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
        DateFormat::Auto => ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%Y%m%d", "%d %b %Y", "%b %d, %Y"]
            .iter()
            .find_map(|pattern| NaiveDate::parse_from_str(text, pattern).ok())
            .or_else(|| any_timestamp(text).map(|time| time.date())),
        DateFormat::Pattern(pattern) => NaiveDate::parse_from_str(text, &chrono_pattern(pattern)).ok(),
    };
    parsed
        .map(|date| date.format("%Y-%m-%d").to_string())
        .ok_or_else(|| (1205, "Invalid Date Format - length must be 10 or more".to_owned()))
}

fn timestamp(text: &str, format: &TimeFormat, is_zoned: bool) -> Result<String, Refusal> {
    let text = text.trim();
    let bad = || (1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]".to_owned());
    let epoch = |per_second: i64| {
        let count: i64 = text.parse().ok()?;
        let micros = count.checked_mul(1_000_000 / per_second)?;
        Some(DateTime::from_timestamp_micros(micros)?.naive_utc())
    };
    let plain = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok();
    let parsed = match format {
        TimeFormat::EpochSeconds => epoch(1),
        TimeFormat::EpochMilliseconds => epoch(1000),
        TimeFormat::Auto => any_timestamp(text),
        TimeFormat::Pattern(pattern) => NaiveDateTime::parse_from_str(text, &chrono_pattern(pattern)).ok(),
        TimeFormat::Default => plain(text).or_else(|| {
            let zoned = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok()?;
            is_zoned.then(|| zoned.naive_utc())
        }),
    };
    let rounded =
        parsed.and_then(|time| time.checked_add_signed(TimeDelta::nanoseconds(500))).ok_or_else(bad)?;
    let zone = if is_zoned { "+00" } else { "" };
    Ok(format!("{}{zone}", rounded.format("%Y-%m-%d %H:%M:%S%.6f")))
}

/// A time in any of the ways that 'auto' knows.
fn any_timestamp(text: &str) -> Option<NaiveDateTime> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.naive_utc());
    }
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M:%S%.f"]
        .iter()
        .find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}

/// The service's pattern in chrono's letters.
fn chrono_pattern(pattern: &str) -> String {
    [
        ("YYYY", "%Y"),
        ("YY", "%y"),
        ("MON", "%b"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("HH24", "%H"),
        ("HH12", "%I"),
        ("HH", "%H"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("AM", "%p"),
    ]
    .iter()
    .fold(pattern.to_ascii_uppercase(), |pattern, (from, to)| pattern.replace(from, to))
}

fn varbyte(text: &str, length: usize) -> Result<String, Refusal> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err((1219, format!("Invalid hexadecimal value '{text}'")));
    }
    if text.len() / 2 > length {
        return Err((1204, "VARBYTE length exceeds DDL length".to_owned()));
    }
    Ok(format!("\\x{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_cut_or_rounded_and_bounded() {
        assert_eq!(decimal("1.239", 5, 2, false).unwrap(), "1.23");
        assert_eq!(decimal("-1.235", 5, 2, true).unwrap(), "-1.24");
        assert_eq!(decimal(".5", 5, 2, false).unwrap(), "0.50");
        assert_eq!(decimal("1000", 5, 2, false).unwrap_err().0, 1209);
        assert_eq!(decimal("9223372036854775808", 19, 0, false).unwrap_err().0, 1209);
        assert!(decimal("9223372036854775807", 19, 0, false).is_ok());
        assert!(decimal(&"9".repeat(38), 38, 0, false).is_ok());
        assert_eq!(decimal("1e3", 5, 2, false).unwrap_err().0, 1209);
    }

    #[test]
    fn floats_are_within_their_type() {
        assert_eq!(float("1e39", true).unwrap_err().0, 1208);
        assert_eq!(float("1e39", false).unwrap(), "1e39");
        assert_eq!(float("1e309", false).unwrap_err().0, 1208);
        assert_eq!(float("-Infinity", true).unwrap(), "-Infinity");
        assert_eq!(float("1,5", false).unwrap_err().0, 1208);
    }

    #[test]
    fn iso_times_need_auto() {
        let time = |text, format| timestamp(text, format, false);
        assert!(time("2024-01-02T03:04:05Z", &TimeFormat::Default).is_err());
        let auto = time("2024-01-02T03:04:05Z", &TimeFormat::Auto).unwrap();
        assert_eq!(auto, "2024-01-02 03:04:05.000000");
        assert!(time("1700000000000", &TimeFormat::Auto).is_err());
        let epoch = time("1700000000123", &TimeFormat::EpochMilliseconds).unwrap();
        assert_eq!(epoch, "2023-11-14 22:13:20.123000");
    }

    #[test]
    fn integers_are_digits_within_their_type() {
        assert_eq!(integer("32768", "Short", -32768, 32767).unwrap_err().0, 1222);
        assert_eq!(integer("1.0", "Short", -32768, 32767).unwrap_err().0, 1207);
        assert_eq!(integer(" -7 ", "Short", -32768, 32767).unwrap(), "-7");
    }
}
