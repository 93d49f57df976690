//! Which type a column of the results gets here, and what a reader should know about it.

use arrow_schema::DataType;
use publish_core::{ColumnDef, Error, ErrorKind, Result, ResultColumn, ResultSchema, TableSchema, text_type};

use crate::config::UnsignedMode;
use crate::stored::is_nested;

/// Columns that SQLite allows in a table.
const MAX_COLUMNS: usize = 2000;

/// Translates the results' columns, all of which allow nulls: what one publish has not, the next may have.
pub(crate) fn map_schema(results: &ResultSchema, unsigned: UnsignedMode) -> Result<TableSchema> {
    let columns = results.columns();
    if columns.len() > MAX_COLUMNS {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "A SQLite table has at most 2000 columns; publish fewer of them",
        )
        .with_context("columns", columns.len()));
    }
    let typed = |column: &ResultColumn| sql_type(column.field.data_type(), unsigned);
    let homeless: Vec<String> = columns
        .iter()
        .filter(|column| typed(column).is_none())
        .map(|column| format!("{} ({})", column.name, column.field.data_type()))
        .collect();
    if !homeless.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "SQLite has no type for some columns; leave them out or convert them",
        )
        .with_context("columns", homeless.join(", ")));
    }
    let defs = columns.iter().filter_map(|column| Some(ColumnDef::new(&column.name, typed(column)?)));
    let schema = TableSchema::new(defs.collect());
    Ok(notes(columns, unsigned).into_iter().fold(schema, TableSchema::with_note))
}

/// The type of a column for such values. `None` if there is none.
///
/// Types that SQLite would turn into numbers have the word `TEXT` in their names, which gives them text affinity.
pub(crate) fn sql_type(data_type: &DataType, unsigned: UnsignedMode) -> Option<String> {
    use DataType as D;
    let word = match data_type {
        D::Boolean => "BOOLEAN",
        D::Int8 | D::Int16 | D::UInt8 => "SMALLINT",
        D::Int32 | D::UInt16 => "INTEGER",
        D::Int64 | D::UInt32 | D::Duration(_) => "BIGINT",
        D::UInt64 => match unsigned {
            UnsignedMode::Refuse => "BIGINT",
            UnsignedMode::Decimal => "DECIMAL TEXT(20,0)",
        },
        D::Float16 | D::Float32 => "REAL",
        D::Float64 => "DOUBLE",
        D::Decimal32(precision, scale)
        | D::Decimal64(precision, scale)
        | D::Decimal128(precision, scale)
        | D::Decimal256(precision, scale) => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            // A negative scale stands for zeros before the point.
            return Some(format!("DECIMAL TEXT({},{})", precision - scale.min(0), scale.max(0)));
        }
        D::Null | D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Interval(_) => "VARCHAR",
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => "BLOB",
        D::Date32 | D::Date64 => "DATE TEXT",
        D::Time32(_) | D::Time64(_) => "TIME TEXT",
        D::Timestamp(_, None) => "TIMESTAMP TEXT",
        D::Timestamp(_, Some(_)) => "TIMESTAMPTZ TEXT",
        D::Dictionary(_, values) => return sql_type(values, unsigned),
        D::RunEndEncoded(_, values) => return sql_type(values.data_type(), unsigned),
        nested if is_nested(nested) => "JSON TEXT",
        _ => return None,
    };
    Some(word.to_owned())
}

/// One sentence for each way of keeping values that a reader of the table has to know, with its columns.
fn notes(columns: &[ResultColumn], unsigned: UnsignedMode) -> Vec<String> {
    type Sees = fn(&DataType) -> bool;
    use DataType as D;
    let kinds: [(Sees, &str); 8] = [
        (
            |t| matches!(t, D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..)),
            "kept as text, digit for digit",
        ),
        (
            |t| matches!(t, D::Date32 | D::Date64 | D::Time32(_) | D::Time64(_) | D::Timestamp(_, None)),
            "kept as text that sorts by time, for the years 0001 to 9999",
        ),
        (
            |t| matches!(t, D::Timestamp(_, Some(_))),
            "kept as text in UTC, such as 2026-01-31 12:00:00.000000+00:00; the name of the zone is not kept",
        ),
        (
            |t| matches!(t, D::Float16 | D::Float32 | D::Float64),
            "floating point: NaN and infinities are refused, and -0.0 becomes 0.0",
        ),
        (|t| matches!(t, D::Duration(_)), "kept as a count of the duration's unit"),
        (|t| matches!(t, D::Interval(_)), "kept as ISO 8601 text, such as P1M2DT3.5S"),
        (|t| matches!(t, D::Null), "without any value, and made VARCHAR"),
        (
            |t| matches!(t, D::UInt64),
            match unsigned {
                UnsignedMode::Refuse => "unsigned: a value above 9223372036854775807 is refused",
                UnsignedMode::Decimal => "unsigned, and kept as text, digit for digit",
            },
        ),
    ];
    let named = |is_seen: &dyn Fn(&ResultColumn) -> bool| -> Vec<&str> {
        columns.iter().filter(|column| is_seen(column)).map(|column| column.name.as_str()).collect()
    };
    let by_type = kinds.into_iter().map(|(sees, sentence)| {
        let names = named(&|column| sees(plain(column.field.data_type())));
        (names, sentence)
    });
    let is_nested = |column: &ResultColumn| is_nested(plain(column.field.data_type()));
    let is_text = |column: &ResultColumn| text_type(&column.field).is_some();
    let nested = [
        (
            named(&|column| is_nested(column) && !is_text(column)),
            "kept as JSON text; decimals, dates, times and bytes (in hexadecimal) are strings in it",
        ),
        (
            named(&|column| is_nested(column) && is_text(column)),
            "kept as JSON text, as it stands in the files",
        ),
    ];
    by_type
        .chain(nested)
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, sentence)| format!("{}: {sentence}", names.join(", ")))
        .collect()
}

/// The type of the values, without what only packs them.
pub(crate) fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        other => other,
    }
}
