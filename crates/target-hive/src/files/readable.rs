//! Which types of files Hive reads right as which types of columns.

use arrow_schema::{DataType, Field, FieldRef, TimeUnit};
use publish_core::FileFormat;

use super::decide::{ReaderSettings, has_upper, old_dates};
use crate::types::HiveType;

/// Why a time can't be taken as it is.
pub(crate) const OTHER_ZONE: &str =
    "the server's time zone is not known to be UTC, and in others Hive shifts it";

/// What is read, and by whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) format: FileFormat,
    pub(super) settings: ReaderSettings,
}

impl Reading {
    fn is_avro(self) -> bool {
        self.format == FileFormat::Avro
    }
}

/// Whether Hive reads each value of a file's column right that the table declares as `hive`. Else why not.
///
/// Tried on Hive 4.0.1 for each pair that is let through. Only what holds every value of the file's type is: Hive reads
/// a number that its column does not hold as null.
pub(super) fn is_read_right(stored: &DataType, hive: &HiveType, reading: Reading) -> Result<(), String> {
    use DataType as D;
    use HiveType as H;
    let is_right = match (stored, hive) {
        (D::Boolean, H::Boolean) | (D::Utf8, H::String) | (D::Binary, H::Binary) => true,
        (D::Int8, H::TinyInt | H::SmallInt | H::Int | H::BigInt) => !reading.is_avro(),
        (D::Int16, H::SmallInt | H::Int | H::BigInt) => !reading.is_avro(),
        // Vectorized jobs fail on a column without sign that is read as BIGINT.
        (D::UInt8, H::SmallInt | H::Int) | (D::UInt16, H::Int) => !reading.is_avro(),
        (D::Int32, H::Int | H::BigInt | H::Double) | (D::Int64, H::BigInt) => true,
        (D::Float32, H::Float | H::Double) | (D::Float64, H::Double) => true,
        (D::FixedSizeBinary(_), H::Binary) => !reading.is_avro(),
        (D::Date32, H::Date) if reading.is_avro() && !reading.settings.dates_are_gregorian => {
            return Err(old_dates());
        }
        (D::Date32, H::Date) => true,
        (D::Timestamp(unit, zone), H::Timestamp) => return timestamp(*unit, zone.is_some(), reading),
        (D::Decimal128(precision, scale), H::Decimal(declared, declared_scale)) => {
            return decimal(*precision, *scale, *declared, *declared_scale, reading);
        }
        (D::List(item), H::Array(declared)) => return is_read_right(item.data_type(), declared, reading),
        (D::Map(entries, _), H::Map(key, value)) => return map(entries, key, value, reading),
        (D::Struct(fields), H::Struct(declared)) => {
            return fields.iter().try_for_each(|field| part(field, declared, reading));
        }
        (D::Utf8, H::Varchar(_) | H::Char(_)) => {
            return Err(format!("Hive cuts texts that are longer than {hive} without a word"));
        }
        (D::UInt32 | D::UInt64, _) => {
            return Err("Hive reads unsigned numbers as null from half of their range on".to_owned());
        }
        _ => false,
    };
    if is_right {
        Ok(())
    } else {
        Err(format!("Hive is not known to read the files' {stored} right as {hive}"))
    }
}

fn timestamp(unit: TimeUnit, has_zone: bool, reading: Reading) -> Result<(), String> {
    let other_zone = || OTHER_ZONE.to_owned();
    if reading.is_avro() {
        return match unit {
            TimeUnit::Millisecond if !reading.settings.zone_is_utc => Err(other_zone()),
            TimeUnit::Millisecond if !reading.settings.dates_are_gregorian => Err(old_dates()),
            TimeUnit::Millisecond => Ok(()),
            _ => Err("Hive reads Avro timestamps in microseconds as dates far in the future".to_owned()),
        };
    }
    if has_zone && !reading.settings.zone_is_utc { Err(other_zone()) } else { Ok(()) }
}

fn decimal(
    precision: u8,
    scale: i8,
    declared: u8,
    declared_scale: u8,
    reading: Reading,
) -> Result<(), String> {
    let is_same_scale = i16::from(scale) == i16::from(declared_scale);
    let whole = |precision: u8, scale: i16| i16::from(precision) - scale;
    let is_held = i16::from(declared_scale) >= i16::from(scale)
        && whole(declared, i16::from(declared_scale)) >= whole(precision, i16::from(scale));
    if is_held && (is_same_scale || reading.is_avro()) {
        return Ok(());
    }
    Err(format!(
        "the files' decimal({precision},{scale}) does not have the scale of the column's \
         decimal({declared},{declared_scale}), and Hive would move the point"
    ))
}

fn map(entries: &Field, key: &HiveType, value: &HiveType, reading: Reading) -> Result<(), String> {
    let DataType::Struct(pair) = entries.data_type() else {
        return Err("a map of the files has no keys and values".to_owned());
    };
    let (Some(stored_key), Some(stored_value)) = (pair.first(), pair.get(1)) else {
        return Err("a map of the files has no keys and values".to_owned());
    };
    is_read_right(stored_key.data_type(), key, reading)?;
    is_read_right(stored_value.data_type(), value, reading)
}

fn part(field: &FieldRef, declared: &[(String, HiveType)], reading: Reading) -> Result<(), String> {
    let name = field.name();
    let found = declared.iter().find(|(declared, _)| declared.eq_ignore_ascii_case(name));
    let Some((_, hive)) = found else {
        return Err(format!("the column has no part {name:?}"));
    };
    if reading.is_avro() && has_upper(name) {
        return Err(format!("the files call a part {name:?}, and Hive finds it in lower case only"));
    }
    is_read_right(field.data_type(), hive, reading)
}
