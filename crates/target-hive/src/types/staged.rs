//! The type that a staged file gives a column, so that Hive reads each value right.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use publish_core::FileFormat;

use super::HiveType;

/// Bits of a whole number that a `float` and a `double` keep exactly.
const FLOAT_BITS: u32 = 24;
const DOUBLE_BITS: u32 = 53;

/// The type to write values of `read` as into a file of `format`, for a column of type `hive`. `None` if the column does
/// not hold each of them exactly.
///
/// Facts behind it, all tried on Hive 4.0.1:
/// - Parquet: a decimal must have the column's own scale; unsigned integers of 32 and 64 bits and half floats can't be
///   read; timestamps are right in every server's zone only without one.
/// - Avro: `varchar` and `char` can't be read but from Hive's own files; timestamps are right in milliseconds only; keys of maps are texts; names are in lower case.
pub(crate) fn staged_type(read: &DataType, hive: &HiveType, format: FileFormat) -> Option<DataType> {
    use DataType as D;
    match read {
        D::Dictionary(_, values) => return staged_type(values, hive, format),
        D::RunEndEncoded(_, values) => return staged_type(values.data_type(), hive, format),
        D::Null => return written(hive, format),
        _ => {}
    }
    match hive {
        HiveType::Boolean => (*read == D::Boolean).then_some(D::Boolean),
        HiveType::TinyInt | HiveType::SmallInt | HiveType::Int | HiveType::BigInt => {
            let wide = written(hive, format)?;
            let (bits, is_signed) = integer_bits(read)?;
            let room = integer_bits(&wide)?.0 - u32::from(!is_signed);
            (bits <= room).then_some(wide)
        }
        HiveType::Float | HiveType::Double => {
            let is_double = *hive == HiveType::Double;
            let exact = if is_double { DOUBLE_BITS } else { FLOAT_BITS };
            let is_held = match read {
                D::Float16 | D::Float32 => true,
                D::Float64 => is_double,
                D::Duration(_) => false,
                whole => integer_bits(whole).is_some_and(|(bits, _)| bits <= exact),
            };
            is_held.then(|| written(hive, format))?
        }
        HiveType::Decimal(precision, scale) => {
            let (whole, fraction) = decimal_digits(read)?;
            let is_held = fraction <= *scale && whole <= precision - scale;
            is_held.then(|| written(hive, format))?
        }
        // Hive wants the length in the schema of the file itself.
        HiveType::Varchar(_) | HiveType::Char(_) if format == FileFormat::Avro => None,
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => match read {
            D::Utf8 | D::LargeUtf8 | D::Utf8View => Some(D::Utf8),
            D::Time32(_) | D::Time64(_) if *hive == HiveType::String => Some(D::Utf8),
            _ => None,
        },
        HiveType::Binary => {
            let is_held = matches!(read, D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_));
            is_held.then_some(D::Binary)
        }
        HiveType::Date => matches!(read, D::Date32 | D::Date64).then_some(D::Date32),
        HiveType::Timestamp => match (read, format) {
            (D::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, _), _) => {
                Some(D::Timestamp(TimeUnit::Millisecond, None))
            }
            (_, FileFormat::Avro) => None,
            (D::Timestamp(unit, _), _) => Some(D::Timestamp(*unit, None)),
            _ => None,
        },
        HiveType::Array(item) => match read {
            D::List(field) | D::LargeList(field) | D::FixedSizeList(field, _) => {
                Some(D::List(Arc::new(staged_field(field, field.name(), item, format)?)))
            }
            _ => None,
        },
        HiveType::Map(key, value) => staged_map(read, key, value, format),
        HiveType::Struct(declared) => match read {
            D::Struct(fields) => staged_struct(fields, declared, format),
            _ => None,
        },
        HiveType::TimestampLocal | HiveType::Other(_) => None,
    }
}

fn staged_map(read: &DataType, key: &HiveType, value: &HiveType, format: FileFormat) -> Option<DataType> {
    let DataType::Map(entries, sorted) = read else { return None };
    let DataType::Struct(parts) = entries.data_type() else { return None };
    let [key_field, value_field] = parts.as_ref() else { return None };
    let key = staged_field(key_field, key_field.name(), key, format)?;
    if format == FileFormat::Avro && *key.data_type() != DataType::Utf8 {
        return None;
    }
    let value = staged_field(value_field, value_field.name(), value, format)?;
    let entries = entries.as_ref().clone().with_data_type(DataType::Struct(vec![key, value].into()));
    Some(DataType::Map(Arc::new(entries), *sorted))
}

/// A struct may lack fields that the column has; each that it has must be there.
fn staged_struct(fields: &Fields, declared: &[(String, HiveType)], format: FileFormat) -> Option<DataType> {
    let staged = fields.iter().map(|field| {
        let (name, hive) = declared.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name()))?;
        staged_field(field, name, hive, format)
    });
    Some(DataType::Struct(staged.collect::<Option<Vec<_>>>()?.into()))
}

fn staged_field(field: &Field, name: &str, hive: &HiveType, format: FileFormat) -> Option<Field> {
    // Nobody looks at the lengths of texts within.
    if matches!(hive, HiveType::Varchar(_) | HiveType::Char(_)) {
        return None;
    }
    let data_type = staged_type(field.data_type(), hive, format)?;
    Some(Field::new(name, data_type, field.is_nullable()))
}

/// The type in which files hold a column of this type.
fn written(hive: &HiveType, format: FileFormat) -> Option<DataType> {
    use DataType as D;
    let field = |name: &str, hive: &HiveType| Some(Arc::new(Field::new(name, written(hive, format)?, true)));
    Some(match hive {
        HiveType::Boolean => D::Boolean,
        HiveType::TinyInt => D::Int8,
        HiveType::SmallInt => D::Int16,
        HiveType::Int => D::Int32,
        HiveType::BigInt => D::Int64,
        HiveType::Float => D::Float32,
        HiveType::Double => D::Float64,
        HiveType::Decimal(precision, scale) => D::Decimal128(*precision, i8::try_from(*scale).ok()?),
        HiveType::Varchar(_) | HiveType::Char(_) if format == FileFormat::Avro => return None,
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => D::Utf8,
        HiveType::Binary => D::Binary,
        HiveType::Date => D::Date32,
        HiveType::Timestamp => {
            let unit = if format == FileFormat::Avro { TimeUnit::Millisecond } else { TimeUnit::Microsecond };
            D::Timestamp(unit, None)
        }
        HiveType::Array(item) => D::List(field("item", item)?),
        HiveType::Map(key, value) => {
            let key = Field::new("key", written(key, format)?, false);
            let parts = Fields::from(vec![Arc::new(key), field("value", value)?]);
            D::Map(Arc::new(Field::new("entries", D::Struct(parts), false)), false)
        }
        HiveType::Struct(fields) => {
            D::Struct(fields.iter().map(|(name, hive)| field(name, hive)).collect::<Option<_>>()?)
        }
        HiveType::TimestampLocal | HiveType::Other(_) => return None,
    })
}

/// Bits of an integer with its sign, and whether it has one.
fn integer_bits(data_type: &DataType) -> Option<(u32, bool)> {
    use DataType as D;
    Some(match data_type {
        D::Int8 => (8, true),
        D::Int16 => (16, true),
        D::Int32 => (32, true),
        D::Int64 | D::Duration(_) => (64, true),
        D::UInt8 => (8, false),
        D::UInt16 => (16, false),
        D::UInt32 => (32, false),
        D::UInt64 => (64, false),
        _ => return None,
    })
}

/// Digits before and after the point that values of a type have at most.
fn decimal_digits(data_type: &DataType) -> Option<(u8, u8)> {
    use DataType as D;
    Some(match data_type {
        D::Int8 | D::UInt8 => (3, 0),
        D::Int16 | D::UInt16 => (5, 0),
        D::Int32 | D::UInt32 => (10, 0),
        D::Int64 => (19, 0),
        D::UInt64 => (20, 0),
        D::Decimal32(precision, scale)
        | D::Decimal64(precision, scale)
        | D::Decimal128(precision, scale)
        | D::Decimal256(precision, scale) => {
            let whole = i16::from(*precision) - i16::from(*scale);
            (u8::try_from(whole.max(0)).ok()?, u8::try_from((*scale).max(0)).ok()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(read: &DataType, hive: &str, format: FileFormat) -> Option<DataType> {
        staged_type(read, &HiveType::parse(hive).unwrap(), format)
    }

    #[test]
    fn a_column_takes_what_it_holds_exactly_and_nothing_else() {
        use DataType as D;
        for (read, hive, wanted) in [
            (D::Int32, "bigint", Some(D::Int64)),
            (D::UInt32, "bigint", Some(D::Int64)),
            (D::UInt32, "int", None),
            (D::UInt64, "bigint", None),
            (D::UInt64, "decimal(20,0)", Some(D::Decimal128(20, 0))),
            (D::Int64, "int", None),
            (D::Int32, "double", Some(D::Float64)),
            (D::Int64, "double", None),
            (D::Int16, "float", Some(D::Float32)),
            (D::Int32, "float", None),
            (D::Float64, "float", None),
            (D::Decimal128(9, 2), "decimal(12,4)", Some(D::Decimal128(12, 4))),
            (D::Decimal128(9, 2), "decimal(10,4)", None),
            (D::Decimal128(9, 2), "decimal(38,1)", None),
            (D::Decimal128(3, -2), "decimal(5,0)", Some(D::Decimal128(5, 0))),
            (D::Int8, "decimal(3,0)", Some(D::Decimal128(3, 0))),
            (D::Utf8, "varchar(3)", Some(D::Utf8)),
            (D::Utf8, "int", None),
            (D::Int32, "string", None),
            (D::FixedSizeBinary(4), "binary", Some(D::Binary)),
            (D::Date32, "timestamp", None),
            (D::Null, "date", Some(D::Date32)),
        ] {
            assert_eq!(staged(&read, hive, FileFormat::Parquet), wanted, "{read} as {hive}");
        }
    }

    #[test]
    fn avro_holds_timestamps_to_the_millisecond_and_maps_by_text() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let plain = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(staged(&micros, "timestamp", FileFormat::Parquet), Some(plain));
        assert_eq!(staged(&micros, "timestamp", FileFormat::Avro), None);
        assert_eq!(staged(&DataType::Utf8, "varchar(5)", FileFormat::Avro), None);
        let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
        assert_eq!(staged(&millis, "timestamp", FileFormat::Avro), Some(millis.clone()));
        let map = written(&HiveType::parse("map<int,string>").unwrap(), FileFormat::Parquet).unwrap();
        assert!(staged(&map, "map<int,string>", FileFormat::Parquet).is_some());
        assert_eq!(staged(&map, "map<int,string>", FileFormat::Avro), None);
    }

    #[test]
    fn a_struct_may_lack_fields_and_takes_the_names_of_the_table() {
        let fields = Fields::from(vec![Field::new("B", DataType::Int16, true)]);
        let made =
            staged(&DataType::Struct(fields.clone()), "struct<a:int,b:int>", FileFormat::Avro).unwrap();
        assert_eq!(made, DataType::Struct(vec![Field::new("b", DataType::Int32, true)].into()));
        assert_eq!(staged(&DataType::Struct(fields), "struct<a:int>", FileFormat::Avro), None);
    }
}
