//! Which column a column of the results gets, and what a reader should know about it.

use arrow_schema::{DataType, TimeUnit};
use publish_core::{ColumnDef, Error, ErrorKind, Result, ResultColumn, ResultSchema, TableSchema, text_type};

use super::Declared;
use super::declared::MAX_VARCHAR;
use crate::config::{NanosecondMode, NestedMode};
use crate::names::check_columns;

/// Columns that the service allows in a table (the manual's page "CREATE TABLE").
const MAX_COLUMNS: usize = 1600;

/// Lengths of text columns, in bytes: the longest measured value is rounded up to one of them.
const VARCHAR_STEPS: [u32; 5] = [256, 1024, 4096, 16_384, MAX_VARCHAR];

/// Lengths of columns of bytes. The last one is what every release of the service knows.
const VARBYTE_STEPS: [u32; 5] = [256, 4096, 64_000, 256_000, 1_024_000];

/// Most decimal digits of a number, and most of them after its point (the manual's page "Numeric types").
const MAX_DECIMAL: (u8, u8) = (38, 37);

/// Translates the results' columns, all of which allow nulls: what one publish has not, the next may have.
pub(crate) fn map_schema(
    results: &ResultSchema,
    nanoseconds: NanosecondMode,
    nested: NestedMode,
) -> Result<TableSchema> {
    let columns = results.columns();
    if columns.len() > MAX_COLUMNS {
        return Err(unsupported("A Redshift table has at most 1600 columns; publish fewer of them")
            .with_context("columns", columns.len()));
    }
    let names = check_columns(columns.iter().map(|column| column.name.as_str()))?;
    let mut defs = Vec::with_capacity(columns.len());
    let mut homeless = Vec::new();
    for (column, name) in columns.iter().zip(names) {
        match declared(column, nanoseconds, nested) {
            Ok(declared) => defs.push(ColumnDef::new(name, declared.to_string())),
            Err(reason) => homeless.push(format!("{} ({reason})", column.name)),
        }
    }
    if !homeless.is_empty() {
        return Err(unsupported(
            "Redshift has no column for some of the results' values; leave them out or convert them",
        )
        .with_context("columns", homeless.join(", ")));
    }
    let schema = TableSchema::new(defs);
    Ok(notes(columns, nested).into_iter().fold(schema, TableSchema::with_note))
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

/// The type of a new column for such values, or why there is none.
fn declared(
    column: &ResultColumn,
    nanoseconds: NanosecondMode,
    nested: NestedMode,
) -> Result<Declared, String> {
    use DataType as D;
    let own = plain(column.field.data_type());
    Ok(match own {
        D::Boolean => Declared::Boolean,
        D::Int8 | D::Int16 | D::UInt8 => Declared::SmallInt,
        D::Int32 | D::UInt16 => Declared::Integer,
        D::Int64 | D::UInt32 => Declared::BigInt,
        D::UInt64 => Declared::Decimal { precision: 20, scale: 0 },
        D::Float16 | D::Float32 => Declared::Real,
        D::Float64 => Declared::Double,
        D::Decimal32(precision, scale)
        | D::Decimal64(precision, scale)
        | D::Decimal128(precision, scale)
        | D::Decimal256(precision, scale) => decimal(*precision, *scale)?,
        D::Null => Declared::Varchar(VARCHAR_STEPS[0]),
        D::Utf8 | D::LargeUtf8 | D::Utf8View => {
            Declared::Varchar(rounded(column.max_bytes, &VARCHAR_STEPS).ok_or_else(|| {
                format!("a text of {} bytes, and the longest is 65535", column.max_bytes.unwrap_or_default())
            })?)
        }
        D::Binary | D::LargeBinary | D::BinaryView => {
            Declared::Varbyte(rounded(column.max_bytes, &VARBYTE_STEPS).ok_or_else(|| {
                format!(
                    "a value of {} bytes, and the longest is 1024000",
                    column.max_bytes.unwrap_or_default()
                )
            })?)
        }
        D::FixedSizeBinary(length) => Declared::Varbyte(u32::try_from(*length).unwrap_or(1).max(1)),
        D::Date32 | D::Date64 => Declared::Date,
        D::Time32(_) | D::Time64(_) | D::Timestamp(..) if is_refused(own, nanoseconds) => {
            return Err(
                "nanoseconds, and the service keeps microseconds; set `nanoseconds` to round for rounded ones".to_owned()
            );
        }
        D::Time32(_) | D::Time64(_) => Declared::Time,
        D::Timestamp(_, None) => Declared::Timestamp,
        D::Timestamp(_, Some(_)) => Declared::TimestampTz,
        other if other.is_nested() => match nested {
            NestedMode::Super => Declared::Super,
            NestedMode::Varchar => Declared::Varchar(MAX_VARCHAR),
        },
        other => return Err(other.to_string()),
    })
}

/// Whether it holds nanoseconds, and these are refused.
pub(super) fn is_refused(own: &DataType, nanoseconds: NanosecondMode) -> bool {
    let has_nanoseconds =
        matches!(own, DataType::Time64(TimeUnit::Nanosecond) | DataType::Timestamp(TimeUnit::Nanosecond, _));
    has_nanoseconds && nanoseconds == NanosecondMode::Refuse
}

fn decimal(precision: u8, scale: i8) -> Result<Declared, String> {
    // A negative scale stands for zeros before the point.
    let (digits, after) = (i16::from(precision) - i16::from(scale.min(0)), scale.max(0).unsigned_abs());
    let digits = u8::try_from(digits).unwrap_or(u8::MAX);
    // 19 digits would be kept in 64 bits, which do not hold all of them.
    let digits = if digits == 19 { 20 } else { digits.max(after) };
    if digits > MAX_DECIMAL.0 || after > MAX_DECIMAL.1 {
        return Err(format!("decimal({precision},{scale}), and the widest is decimal(38,37)"));
    }
    Ok(Declared::Decimal { precision: digits, scale: after })
}

/// The least step that holds the longest value. All of them hold one that was not measured, as far as any does.
fn rounded(longest: Option<u64>, steps: &[u32]) -> Option<u32> {
    match longest {
        None => steps.last().copied(),
        Some(longest) => steps.iter().copied().find(|step| u64::from(*step) >= longest),
    }
}

/// The type of the values, without what only packs them.
pub(crate) fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        other => other,
    }
}

/// One sentence for each thing that a reader of the table has to know, with its columns.
fn notes(columns: &[ResultColumn], nested: NestedMode) -> Vec<String> {
    type Sees = fn(&ResultColumn) -> bool;
    use DataType as D;
    let kinds: [(Sees, &str); 8] = [
        (|c| matches!(kind(c), D::Null), "without any value, and made VARCHAR(256)"),
        (
            |c| is_text(kind(c)) && c.max_bytes.is_none(),
            "texts that were not measured, and made VARCHAR(65535)",
        ),
        (
            |c| matches!(kind(c), D::Binary | D::LargeBinary | D::BinaryView) && c.max_bytes.is_none(),
            "bytes that were not measured, and made VARBYTE(1024000)",
        ),
        (
            |c| matches!(kind(c), D::Timestamp(_, Some(_))),
            "kept as an instant; the name of the zone is not kept",
        ),
        (
            |c| matches!(kind(c), D::Timestamp(TimeUnit::Nanosecond, _) | D::Time64(TimeUnit::Nanosecond)),
            "nanoseconds, which the service rounds to microseconds",
        ),
        (
            |c| matches!(decimal_of(kind(c)), Some((19, _))),
            "19 digits, and made DECIMAL(20): one of 19 digits does not hold all of them",
        ),
        (
            is_json_text,
            match nested {
                NestedMode::Super => {
                    "kept as SUPER, made by the service of the JSON that each row has: with its own keys and numbers"
                }
                NestedMode::Varchar => "kept as the JSON text that each row has, of at most 65535 bytes",
            },
        ),
        (
            |c| kind(c).is_nested() && !is_json_text(c),
            match nested {
                NestedMode::Super => {
                    "kept as SUPER; decimals, dates, times and bytes (in hexadecimal) are strings in it"
                }
                NestedMode::Varchar => {
                    "kept as JSON text of at most 65535 bytes; decimals, dates, times and bytes are strings in it"
                }
            },
        ),
    ];
    let named = |sees: Sees| {
        columns.iter().filter(|column| sees(column)).map(|column| column.name.as_str()).collect::<Vec<_>>()
    };
    kinds
        .into_iter()
        .map(|(sees, sentence)| (named(sees), sentence))
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, sentence)| format!("{}: {sentence}", names.join(", ")))
        .collect()
}

/// Whether the values are nested ones of a text format. They stay the JSON that they are: the type that was found has
/// the keys of all objects, which not each of them has.
pub(crate) fn is_json_text(column: &ResultColumn) -> bool {
    kind(column).is_nested() && text_type(&column.field).is_some()
}

fn kind(column: &ResultColumn) -> &DataType {
    plain(column.field.data_type())
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Precision and scale of a decimal.
pub(super) fn decimal_of(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::{Field, Schema};

    use super::*;

    fn mapped(data_type: DataType, longest: Option<u64>) -> Result<TableSchema> {
        let schema = Schema::new(vec![Field::new("C", data_type, true)]);
        let results = ResultSchema::new(Arc::new(schema)).with_max_bytes(&[longest]);
        map_schema(&results, NanosecondMode::Refuse, NestedMode::Super)
    }

    #[test]
    fn each_type_has_its_column() {
        use DataType as D;
        let list = D::List(Arc::new(Field::new("item", D::Int32, true)));
        for (data_type, longest, expected) in [
            (D::Boolean, None, "BOOLEAN"),
            (D::Int8, None, "SMALLINT"),
            (D::UInt8, None, "SMALLINT"),
            (D::UInt16, None, "INTEGER"),
            (D::UInt32, None, "BIGINT"),
            (D::UInt64, None, "DECIMAL(20,0)"),
            (D::Float32, None, "REAL"),
            (D::Float64, None, "DOUBLE PRECISION"),
            (D::Decimal128(38, 37), None, "DECIMAL(38,37)"),
            (D::Decimal128(19, 4), None, "DECIMAL(20,4)"),
            (D::Decimal128(3, -2), None, "DECIMAL(5,0)"),
            (D::Utf8, Some(0), "VARCHAR(256)"),
            (D::Utf8, Some(257), "VARCHAR(1024)"),
            (D::Utf8, Some(65_535), "VARCHAR(65535)"),
            (D::Utf8, None, "VARCHAR(65535)"),
            (D::Binary, Some(5000), "VARBYTE(64000)"),
            (D::Binary, None, "VARBYTE(1024000)"),
            (D::FixedSizeBinary(12), None, "VARBYTE(12)"),
            (D::Date32, None, "DATE"),
            (D::Time64(TimeUnit::Microsecond), None, "TIME"),
            (D::Timestamp(TimeUnit::Millisecond, None), None, "TIMESTAMP"),
            (D::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), None, "TIMESTAMPTZ"),
            (D::Null, None, "VARCHAR(256)"),
            (list, None, "SUPER"),
        ] {
            let schema = mapped(data_type.clone(), longest).unwrap();
            assert_eq!(
                (schema.columns[0].name.as_str(), schema.columns[0].sql_type.as_str()),
                ("c", expected),
                "{data_type}"
            );
            assert!(schema.columns[0].nullable);
        }
    }

    #[test]
    fn what_has_no_column_is_refused_by_name_with_the_reason() {
        use DataType as D;
        for (data_type, longest, reason) in [
            (D::Utf8, Some(65_536), "65536 bytes"),
            (D::Binary, Some(1_024_001), "1024001 bytes"),
            (D::Decimal128(38, 38), None, "decimal(38,37)"),
            (D::Decimal256(39, 0), None, "decimal(39,0)"),
            (D::Timestamp(TimeUnit::Nanosecond, None), None, "nanoseconds"),
            (D::Interval(arrow_schema::IntervalUnit::MonthDayNano), None, "Interval"),
        ] {
            let error = mapped(data_type, longest).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("C (") && error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn what_is_lost_or_not_known_is_told() {
        use DataType as D;
        let notes = |data_type, longest| mapped(data_type, longest).unwrap().notes;
        assert!(notes(D::Utf8, Some(3)).is_empty());
        assert_eq!(notes(D::Utf8, None), ["C: texts that were not measured, and made VARCHAR(65535)"]);
        assert!(notes(D::Decimal128(19, 0), None)[0].contains("DECIMAL(20)"));
        assert!(notes(D::Timestamp(TimeUnit::Second, Some("UTC".into())), None)[0].contains("zone"));
        assert!(notes(D::Null, None)[0].contains("without any value"));
    }

    #[test]
    fn nanoseconds_are_taken_where_rounding_is_asked_for() {
        let schema =
            Schema::new(vec![Field::new("t", DataType::Timestamp(TimeUnit::Nanosecond, None), true)]);
        let results = ResultSchema::new(Arc::new(schema));
        let schema = map_schema(&results, NanosecondMode::Round, NestedMode::Super).unwrap();
        assert_eq!(schema.columns[0].sql_type, "TIMESTAMP");
        assert!(schema.notes[0].contains("rounds"), "{:?}", schema.notes);
    }
}
