//! Which columns of a table hold which values of the results.

use arrow_schema::{DataType, TimeUnit};
use publish_core::{ColumnDef, Conversion, FitRules, ResultColumn, text_type};

use super::Declared;
use super::map::{decimal_of, is_json_text, is_refused, plain};
use crate::config::NanosecondMode;
use crate::names::folded;

/// The service's rules: widening yes, narrowing no, and no value that comes out as another one.
#[derive(Debug)]
pub(crate) struct RedshiftFit {
    pub(crate) nanoseconds: NanosecondMode,
}

impl FitRules for RedshiftFit {
    fn is_same_name(&self, result: &str, column: &str) -> bool {
        folded(result) == folded(column)
    }

    fn conversion(&self, result: &ResultColumn, column: &ColumnDef) -> Conversion {
        let declared = Declared::parse(&column.sql_type);
        let own = plain(result.field.data_type());
        if declared == Declared::Super && is_json_text(result) {
            return Conversion::ReadAs(DataType::Utf8);
        }
        let read = match text_type(&result.field) {
            Some(texts) => read_texts_as(own, &texts, &declared),
            None => Some(own.clone()),
        };
        let refused = |reason: String| Conversion::Refused(reason);
        let Some(read) = read else { return refused(format!("{own} does not fit {declared}")) };
        if is_refused(&read, self.nanoseconds) {
            return refused("it has nanoseconds, and the service keeps microseconds".to_owned());
        }
        if !holds(&read, &declared) {
            return refused(format!("{} does not fit {declared}", name_of(own)));
        }
        match (too_long(result, &declared), &declared) {
            (Some(longest), _) => {
                refused(format!("its longest value has {longest} bytes, and the column is {declared}"))
            }
            (None, _) => Conversion::ReadAs(read),
        }
    }
}

/// Whether every value of a type is one of the column's.
fn holds(read: &DataType, declared: &Declared) -> bool {
    use DataType as D;
    match (read, declared) {
        (D::Null, Declared::Other(_)) => false,
        (D::Null, _) | (D::Boolean, Declared::Boolean) => true,
        (D::Float16 | D::Float32, Declared::Real | Declared::Double) | (D::Float64, Declared::Double) => true,
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, Declared::Varchar(_) | Declared::Char(_)) => true,
        (D::Binary | D::LargeBinary | D::BinaryView, Declared::Varbyte(_)) => true,
        (D::FixedSizeBinary(own), Declared::Varbyte(length)) => {
            u32::try_from(*own).is_ok_and(|own| own <= *length)
        }
        (D::Date32 | D::Date64, Declared::Date) => true,
        (D::Time32(_) | D::Time64(_), Declared::Time) => true,
        (D::Timestamp(_, None), Declared::Timestamp) | (D::Timestamp(_, Some(_)), Declared::TimestampTz) => {
            true
        }
        (nested, Declared::Super | Declared::Varchar(_)) if nested.is_nested() => true,
        (number, declared) => match (digits_of(number), room_of(declared)) {
            (Some((whole, after)), Some(Room::Digits(room_whole, room_after))) => {
                whole <= room_whole && after <= room_after
            }
            (Some(_), Some(Room::Bits(bits))) if number.is_integer() => {
                bits_of(number).is_some_and(|own| own <= bits)
            }
            // Whole numbers of so few digits are integers too.
            (Some((whole, 0)), Some(Room::Bits(bits))) => {
                whole
                    <= match bits {
                        16 => 4,
                        32 => 9,
                        _ => 18,
                    }
            }
            _ => false,
        },
    }
}

enum Room {
    /// So many digits before and after the point.
    Digits(u8, u8),
    /// So many bits, with the sign.
    Bits(u8),
}

fn room_of(declared: &Declared) -> Option<Room> {
    match declared {
        Declared::SmallInt => Some(Room::Bits(16)),
        Declared::Integer => Some(Room::Bits(32)),
        Declared::BigInt => Some(Room::Bits(64)),
        Declared::Decimal { precision, scale } => {
            let (whole, after) = Declared::digits(*precision, *scale);
            Some(Room::Digits(whole, after))
        }
        _ => None,
    }
}

/// Bits that hold every value of an integer type, with the sign.
fn bits_of(data_type: &DataType) -> Option<u8> {
    match data_type {
        DataType::Int8 => Some(8),
        DataType::Int16 | DataType::UInt8 => Some(16),
        DataType::Int32 | DataType::UInt16 => Some(32),
        DataType::Int64 | DataType::UInt32 => Some(64),
        _ => None,
    }
}

/// Digits before and after the point that every value of a type has at most.
fn digits_of(data_type: &DataType) -> Option<(u8, u8)> {
    let whole = match data_type {
        DataType::Int8 | DataType::UInt8 => 3,
        DataType::Int16 | DataType::UInt16 => 5,
        DataType::Int32 | DataType::UInt32 => 10,
        DataType::Int64 => 19,
        DataType::UInt64 => 20,
        other => {
            let (precision, scale) = decimal_of(other)?;
            let whole = i16::from(precision) - i16::from(scale);
            return Some((u8::try_from(whole.max(0)).ok()?, scale.max(0).unsigned_abs()));
        }
    };
    Some((whole, 0))
}

/// The measured length of the longest value, where the column is shorter.
fn too_long(result: &ResultColumn, declared: &Declared) -> Option<u64> {
    let longest = result.max_bytes?;
    let is_measured = !plain(result.field.data_type()).is_nested() || is_json_text(result);
    match declared {
        Declared::Varchar(length) | Declared::Char(length) | Declared::Varbyte(length) => {
            (is_measured && longest > u64::from(*length)).then_some(longest)
        }
        _ => None,
    }
}

/// The type to read a column of a text format as: what the table's column needs, if all texts are of such a type.
fn read_texts_as(own: &DataType, texts: &DataType, declared: &Declared) -> Option<DataType> {
    use DataType as D;
    let is_empty = *texts == D::Null;
    let is_integer = is_empty || texts.is_integer();
    let is_number = is_integer || decimal_of(texts).is_some() || texts.is_floating();
    Some(match declared {
        Declared::Boolean if is_empty || *texts == D::Boolean => D::Boolean,
        // A value that is too wide fails its row: nothing is cut.
        Declared::SmallInt if is_integer => D::Int16,
        Declared::Integer if is_integer => D::Int32,
        Declared::BigInt if is_integer => D::Int64,
        // Texts like 1.50 are numbers of any type; one with other digits than the column has fails its row.
        Declared::Decimal { precision, scale } if is_number => {
            let (whole, after) = Declared::digits(*precision, *scale);
            D::Decimal128(whole + after, i8::try_from(*scale).ok()?)
        }
        Declared::Real if is_number => D::Float32,
        Declared::Double if is_number => D::Float64,
        Declared::Date if is_empty => D::Date32,
        Declared::Time if is_empty => D::Time64(TimeUnit::Microsecond),
        Declared::Timestamp if is_empty => D::Timestamp(TimeUnit::Microsecond, None),
        Declared::TimestampTz if is_empty => D::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Declared::Date | Declared::Time | Declared::Timestamp | Declared::TimestampTz => texts.clone(),
        // Texts are kept as they stand in the file: 007 stays 007.
        Declared::Varchar(_) | Declared::Char(_) => D::Utf8,
        Declared::Varbyte(_) if is_empty => D::Binary,
        Declared::Super => return None,
        _ => own.clone(),
    })
}

/// The type to read a column as that goes into a new table.
pub(crate) fn read_into_new(result: &ResultColumn) -> DataType {
    if is_json_text(result) { DataType::Utf8 } else { result.field.data_type().clone() }
}

/// A type in the words of the service, as far as it has them.
fn name_of(own: &DataType) -> String {
    use DataType as D;
    let declared = match own {
        D::Boolean => Declared::Boolean,
        D::Int16 => Declared::SmallInt,
        D::Int32 => Declared::Integer,
        D::Int64 => Declared::BigInt,
        D::Float32 => Declared::Real,
        D::Float64 => Declared::Double,
        D::Date32 => Declared::Date,
        D::Time32(_) | D::Time64(_) => Declared::Time,
        D::Timestamp(_, None) => Declared::Timestamp,
        D::Timestamp(_, Some(_)) => Declared::TimestampTz,
        D::Utf8 => return "text".to_owned(),
        D::Binary | D::FixedSizeBinary(_) => return "bytes".to_owned(),
        D::Decimal128(precision, scale) => return format!("DECIMAL({precision},{scale})"),
        other => return other.to_string(),
    };
    declared.to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow_schema::{Field, Schema};
    use publish_core::{ResultSchema, TEXT_TYPE_KEY};

    use super::*;

    fn fit(field: Field, longest: Option<u64>, declared: &str) -> Conversion {
        let results = ResultSchema::new(Arc::new(Schema::new(vec![field]))).with_max_bytes(&[longest]);
        let rules = RedshiftFit { nanoseconds: NanosecondMode::Refuse };
        rules.conversion(&results.columns()[0], &ColumnDef::new("c", declared))
    }

    fn is_held(data_type: DataType, declared: &str) -> bool {
        fit(Field::new("c", data_type.clone(), true), None, declared) == Conversion::ReadAs(data_type)
    }

    #[test]
    fn numbers_are_widened_and_never_narrowed() {
        use DataType as D;
        let all = [
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "DECIMAL(18,0)",
            "DECIMAL(19,0)",
            "DECIMAL(20,0)",
            "DECIMAL(38,10)",
        ];
        for (data_type, expected) in [
            (D::Int8, "1111111"),
            (D::UInt8, "1111111"),
            (D::Int16, "1111111"),
            (D::Int32, "0111111"),
            (D::UInt32, "0011111"),
            (D::Int64, "0010011"),
            (D::UInt64, "0000011"),
            (D::Decimal128(4, 0), "1111111"),
            (D::Decimal128(9, 0), "0111111"),
            (D::Decimal128(19, 0), "0000011"),
            (D::Decimal128(12, 2), "0000001"),
            (D::Float64, "0000000"),
            (D::Boolean, "0000000"),
        ] {
            let seen: String =
                all.iter().map(|to| if is_held(data_type.clone(), to) { '1' } else { '0' }).collect();
            assert_eq!(seen, expected, "{data_type}");
        }
    }

    #[test]
    fn other_types_go_only_into_their_own() {
        use DataType as D;
        let list = D::List(Arc::new(Field::new("item", D::Int32, true)));
        let zoned = D::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        for (data_type, declared, expected) in [
            (D::Float32, "REAL", true),
            (D::Float32, "DOUBLE PRECISION", true),
            (D::Float64, "DOUBLE PRECISION", true),
            (D::Float64, "REAL", false),
            (D::Utf8, "VARCHAR(10)", true),
            (D::Utf8, "CHAR(10)", true),
            (D::Utf8, "INTEGER", false),
            (D::Utf8, "SUPER", false),
            (D::Int64, "VARCHAR(256)", false),
            (D::Date32, "DATE", true),
            (D::Date32, "TIMESTAMP", false),
            (D::Timestamp(TimeUnit::Second, None), "TIMESTAMP", true),
            (D::Timestamp(TimeUnit::Second, None), "TIMESTAMPTZ", false),
            (zoned.clone(), "TIMESTAMPTZ", true),
            (zoned, "TIMESTAMP", false),
            (list, "SUPER", true),
            (D::Timestamp(TimeUnit::Nanosecond, None), "TIMESTAMP", false),
            (D::Binary, "VARBYTE(9)", true),
            (D::FixedSizeBinary(10), "VARBYTE(9)", false),
            (D::Null, "DATE", true),
            (D::Utf8, "geometry", false),
        ] {
            assert_eq!(is_held(data_type.clone(), declared), expected, "{data_type} {declared}");
        }
    }

    #[test]
    fn a_measured_text_is_compared_in_bytes() {
        let text = || Field::new("c", DataType::Utf8, true);
        assert!(matches!(fit(text(), Some(10), "VARCHAR(10)"), Conversion::ReadAs(_)));
        let Conversion::Refused(reason) = fit(text(), Some(11), "VARCHAR(10)") else {
            panic!("it does not fit")
        };
        assert!(reason.contains("11 bytes"), "{reason}");
    }

    #[test]
    fn texts_are_read_as_the_column_needs_them() {
        let texts = |own: DataType, of: &str| {
            let mark = HashMap::from([(TEXT_TYPE_KEY.to_owned(), of.to_owned())]);
            Field::new("c", own, true).with_metadata(mark)
        };
        for (own, of, declared, expected) in [
            (DataType::Int64, "Int64", "SMALLINT", Some(DataType::Int16)),
            (DataType::Int64, "Int64", "DECIMAL(12,2)", Some(DataType::Decimal128(12, 2))),
            (DataType::Int64, "Int64", "DECIMAL(19,2)", Some(DataType::Decimal128(18, 2))),
            (DataType::Int64, "Int64", "DOUBLE PRECISION", Some(DataType::Float64)),
            (DataType::Int64, "Int64", "VARCHAR(9)", Some(DataType::Utf8)),
            (DataType::Utf8, "Null", "DATE", Some(DataType::Date32)),
            (DataType::Utf8, "Date32", "DATE", Some(DataType::Date32)),
            (DataType::Utf8, "Utf8", "DATE", None),
            (DataType::Float64, "Float64", "DECIMAL(12,2)", Some(DataType::Decimal128(12, 2))),
            (DataType::Utf8, "Utf8", "DECIMAL(12,2)", None),
            (DataType::Utf8, "Utf8", "SUPER", None),
        ] {
            let seen = match fit(texts(own.clone(), of), None, declared) {
                Conversion::ReadAs(read) => Some(read),
                _ => None,
            };
            assert_eq!(seen, expected, "{own} {of} {declared}");
        }
    }
}
