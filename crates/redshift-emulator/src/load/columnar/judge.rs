//! Which Parquet type may be loaded into which column.
//!
//! Widths must be equal: an INT64 is no INTEGER and an INT32 no BIGINT. Where the service's documents say nothing, the
//! pair is refused.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::Type;

use crate::load::convert::{Kind, LoadColumn};

/// How the values of a column are turned into text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Boolean,
    Integer,
    Float,
    Decimal {
        scale: u32,
    },
    Text,
    Hex,
    Date,
    /// Ticks since 1970, so many to a second.
    Timestamp {
        per_second: i64,
    },
    /// Days and nanoseconds of the day.
    Int96,
    /// A primitive value as a JSON scalar.
    Scalar(Scalar),
    /// JSON text.
    Json,
    /// A list, a map or a record as JSON.
    Nested,
}

/// A primitive value in a SUPER column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// As it stands: numbers and booleans.
    Plain,
    Decimal {
        scale: u32,
    },
    Quoted,
    Date,
    Timestamp {
        per_second: i64,
    },
}

/// How a field is read into a column; `None` if their types don't agree.
pub(super) fn judge(field: &Type, column: &LoadColumn) -> Option<Reading> {
    if !field.is_primitive() || is_repeated(field) {
        return (column.is_super() && are_readable(field)).then_some(Reading::Nested);
    }
    let kind = column.kind();
    let physical = field.get_physical_type();
    let converted = field.get_basic_info().converted_type();
    let is_signed_or_small = |widest: i8| match integer_width(field) {
        Some((width, is_signed)) => width < widest || (is_signed && width == widest),
        None => converted == ConvertedType::NONE && field.get_basic_info().logical_type_ref().is_none(),
    };
    match (kind, physical) {
        (Kind::Boolean, Physical::BOOLEAN) => Some(Reading::Boolean),
        (Kind::Integer { bytes: 2, .. }, Physical::INT32) => {
            (integer_width(field).is_some() && is_signed_or_small(16)).then_some(Reading::Integer)
        }
        (Kind::Integer { bytes: 4, .. }, Physical::INT32) => {
            is_signed_or_small(32).then_some(Reading::Integer)
        }
        (Kind::Integer { bytes: 8, .. }, Physical::INT64) => {
            is_signed_or_small(64).then_some(Reading::Integer)
        }
        (Kind::Float { is_single: true }, Physical::FLOAT)
        | (Kind::Float { is_single: false }, Physical::DOUBLE) => Some(Reading::Float),
        (Kind::Decimal { precision, scale }, _) => {
            let (own_precision, own_scale) = decimal(field)?;
            (own_scale == scale && own_precision <= precision).then_some(Reading::Decimal { scale })
        }
        (Kind::Char(_) | Kind::Varchar(_), Physical::BYTE_ARRAY) => is_text(field).then_some(Reading::Text),
        (Kind::Varbyte(_), Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) => {
            (converted == ConvertedType::NONE && field.get_basic_info().logical_type_ref().is_none())
                .then_some(Reading::Hex)
        }
        (Kind::Date, Physical::INT32) => (converted == ConvertedType::DATE).then_some(Reading::Date),
        (Kind::Timestamp { .. }, Physical::INT96) => Some(Reading::Int96),
        (Kind::Timestamp { .. }, Physical::INT64) => {
            ticks(field).map(|per_second| Reading::Timestamp { per_second })
        }
        (Kind::Super, _) => scalar(field),
        _ => None,
    }
}

fn scalar(field: &Type) -> Option<Reading> {
    let converted = field.get_basic_info().converted_type();
    let scalar = match field.get_physical_type() {
        _ if decimal(field).is_some() => Scalar::Decimal { scale: decimal(field)?.1 },
        Physical::BYTE_ARRAY if converted == ConvertedType::JSON => return Some(Reading::Json),
        Physical::BYTE_ARRAY if is_text(field) => Scalar::Quoted,
        Physical::INT32 if converted == ConvertedType::DATE => Scalar::Date,
        Physical::INT64 if ticks(field).is_some() => Scalar::Timestamp { per_second: ticks(field)? },
        Physical::BOOLEAN | Physical::FLOAT | Physical::DOUBLE => Scalar::Plain,
        Physical::INT32 | Physical::INT64
            if converted == ConvertedType::NONE || integer_width(field).is_some() =>
        {
            Scalar::Plain
        }
        _ => return None,
    };
    Some(Reading::Scalar(scalar))
}

/// Whether every value below a group is of a kind that becomes JSON.
fn are_readable(field: &Type) -> bool {
    if field.is_primitive() {
        return scalar(field).is_some_and(|reading| reading != Reading::Json);
    }
    field.get_fields().iter().all(|child| are_readable(child))
}

fn is_repeated(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED
}

/// Bits and sign of an integer that is annotated as one.
fn integer_width(field: &Type) -> Option<(i8, bool)> {
    match field.get_basic_info().logical_type_ref() {
        Some(LogicalType::Integer(integer)) => return Some((integer.bit_width, integer.is_signed)),
        Some(_) => return None,
        None => {}
    }
    Some(match field.get_basic_info().converted_type() {
        ConvertedType::INT_8 => (8, true),
        ConvertedType::INT_16 => (16, true),
        ConvertedType::INT_32 => (32, true),
        ConvertedType::INT_64 => (64, true),
        ConvertedType::UINT_8 => (8, false),
        ConvertedType::UINT_16 => (16, false),
        ConvertedType::UINT_32 => (32, false),
        ConvertedType::UINT_64 => (64, false),
        _ => return None,
    })
}

fn decimal(field: &Type) -> Option<(u32, u32)> {
    if field.get_basic_info().converted_type() != ConvertedType::DECIMAL {
        return None;
    }
    let Type::PrimitiveType { precision, scale, .. } = field else { return None };
    Some((u32::try_from(*precision).ok()?, u32::try_from(*scale).ok()?))
}

fn is_text(field: &Type) -> bool {
    matches!(
        field.get_basic_info().converted_type(),
        ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON
    ) && !matches!(
        field.get_basic_info().logical_type_ref(),
        Some(LogicalType::Variant(_) | LogicalType::Geometry(_) | LogicalType::Geography(_))
    )
}

/// Ticks to a second; nanoseconds are not known to the service.
fn ticks(field: &Type) -> Option<i64> {
    match field.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(kind)) => match kind.unit {
            TimeUnit::MILLIS => Some(1_000),
            TimeUnit::MICROS => Some(1_000_000),
            TimeUnit::NANOS => None,
        },
        Some(_) => None,
        None => match field.get_basic_info().converted_type() {
            ConvertedType::TIMESTAMP_MILLIS => Some(1_000),
            ConvertedType::TIMESTAMP_MICROS => Some(1_000_000),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn reading(field: &str, column: &str) -> Option<Reading> {
        let schema = parse_message_type(&format!("message m {{ {field} }}")).unwrap();
        judge(&schema.get_fields()[0], &LoadColumn::new("c", column, false).unwrap())
    }

    #[test]
    fn types_that_agree_are_read() {
        for (field, column, expected) in [
            ("optional int32 c;", "integer", Reading::Integer),
            ("optional int32 c (INTEGER(16,true));", "smallint", Reading::Integer),
            ("optional int32 c (UINT_8);", "smallint", Reading::Integer),
            ("optional int32 c (UINT_16);", "integer", Reading::Integer),
            ("required int64 c;", "bigint", Reading::Integer),
            ("optional int64 c (DECIMAL(10,2));", "numeric(12,2)", Reading::Decimal { scale: 2 }),
            ("optional binary c (UTF8);", "character varying(3)", Reading::Text),
            ("optional binary c;", "varbyte(3)", Reading::Hex),
            ("optional int32 c (DATE);", "date", Reading::Date),
            ("optional int96 c;", "timestamp without time zone", Reading::Int96),
            (
                "optional int64 c (TIMESTAMP(MICROS,true));",
                "timestamp with time zone",
                Reading::Timestamp { per_second: 1_000_000 },
            ),
            ("optional binary c (UTF8);", "super", Reading::Scalar(Scalar::Quoted)),
            ("optional binary c (JSON);", "super", Reading::Json),
            ("optional group c { optional int32 a; }", "super", Reading::Nested),
        ] {
            assert_eq!(reading(field, column), Some(expected), "{field} into {column}");
        }
    }

    #[test]
    fn types_that_do_not_agree_are_refused() {
        for (field, column) in [
            ("optional int64 c;", "integer"),
            ("optional int32 c;", "bigint"),
            ("optional int32 c;", "smallint"),
            ("optional int32 c (INTEGER(16,true));", "bigint"),
            ("optional int32 c (UINT_32);", "integer"),
            ("optional int64 c (UINT_64);", "bigint"),
            ("optional int64 c (TIMESTAMP(MICROS,true));", "bigint"),
            ("optional int64 c (TIMESTAMP(NANOS,true));", "timestamp without time zone"),
            ("optional int64 c;", "timestamp without time zone"),
            ("optional int64 c (TIME(MICROS,true));", "time without time zone"),
            ("optional int64 c (DECIMAL(10,2));", "numeric(10,3)"),
            ("optional int64 c (DECIMAL(10,2));", "numeric(9,2)"),
            ("optional int64 c;", "numeric(18,0)"),
            ("optional double c;", "real"),
            ("optional float c;", "double precision"),
            ("optional binary c (UTF8);", "date"),
            ("optional binary c (UTF8);", "varbyte(3)"),
            ("optional int32 c (DATE);", "character varying(10)"),
            ("optional group c { optional int32 a; }", "character varying(10)"),
            ("optional group c { optional int96 a; }", "super"),
        ] {
            assert_eq!(reading(field, column), None, "{field} into {column}");
        }
    }
}
