//! Which type a column of the results gets in a new table, and what a reader should know about it.

use arrow_schema::DataType;
use publish_core::{ColumnDef, Error, ErrorKind, Result, ResultColumn, ResultSchema, TableSchema, text_type};

use super::HiveType;

/// Digits that a decimal of Hive has at most.
pub(crate) const MAX_PRECISION: u8 = 38;

/// Translates the results' columns. Names are in lower case, as Hive keeps them; all columns allow nulls.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) that names every column that has no type here.
pub(crate) fn map_schema(results: &ResultSchema) -> Result<TableSchema> {
    let columns = results.columns();
    let typed = |column: &ResultColumn| hive_type(column.field.data_type());
    let homeless: Vec<String> = columns
        .iter()
        .filter(|column| typed(column).is_none())
        .map(|column| format!("{} ({})", column.name, column.field.data_type()))
        .collect();
    if !homeless.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "Hive has no type for some columns; leave them out or convert them",
        )
        .with_context("columns", homeless.join(", ")));
    }
    let columns_made = columns
        .iter()
        .filter_map(|column| Some(ColumnDef::new(column.name.to_lowercase(), typed(column)?.to_string())));
    let schema = TableSchema::new(columns_made.collect());
    Ok(notes(columns).into_iter().fold(schema, TableSchema::with_note))
}

/// The type to read a column as that goes into a new table. Times of day become texts, so those of text files stay as
/// they stand there.
pub(crate) fn read_into_new(result: &ResultColumn) -> DataType {
    match text_type(&result.field) {
        Some(DataType::Time32(_) | DataType::Time64(_)) => DataType::Utf8,
        _ => result.field.data_type().clone(),
    }
}

/// The type of a column for such values. `None` if there is none.
pub(crate) fn hive_type(data_type: &DataType) -> Option<HiveType> {
    use DataType as D;
    Some(match data_type {
        D::Boolean => HiveType::Boolean,
        D::Int8 => HiveType::TinyInt,
        D::Int16 | D::UInt8 => HiveType::SmallInt,
        D::Int32 | D::UInt16 => HiveType::Int,
        D::Int64 | D::UInt32 | D::Duration(_) => HiveType::BigInt,
        D::UInt64 => HiveType::Decimal(20, 0),
        D::Float16 | D::Float32 => HiveType::Float,
        D::Float64 => HiveType::Double,
        D::Decimal32(precision, scale)
        | D::Decimal64(precision, scale)
        | D::Decimal128(precision, scale)
        | D::Decimal256(precision, scale) => decimal(*precision, *scale)?,
        D::Null | D::Utf8 | D::LargeUtf8 | D::Utf8View | D::Time32(_) | D::Time64(_) => HiveType::String,
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => HiveType::Binary,
        D::Date32 | D::Date64 => HiveType::Date,
        D::Timestamp(..) => HiveType::Timestamp,
        D::List(item) | D::LargeList(item) | D::FixedSizeList(item, _) => {
            HiveType::Array(Box::new(hive_type(item.data_type())?))
        }
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(fields) if fields.len() == 2 => HiveType::Map(
                Box::new(hive_type(fields[0].data_type()).filter(is_plain)?),
                Box::new(hive_type(fields[1].data_type())?),
            ),
            _ => return None,
        },
        D::Struct(fields) => {
            let named = fields.iter().map(|field| {
                let name = field.name().to_lowercase();
                is_field_name(&name).then(|| hive_type(field.data_type()))?.map(|made| (name, made))
            });
            let named: Vec<_> = named.collect::<Option<_>>()?;
            let is_doubled =
                (1..named.len()).any(|at| named[..at].iter().any(|(name, _)| *name == named[at].0));
            if named.is_empty() || is_doubled {
                return None;
            }
            HiveType::Struct(named)
        }
        D::Dictionary(_, values) => hive_type(values)?,
        D::RunEndEncoded(_, values) => hive_type(values.data_type())?,
        _ => return None,
    })
}

/// Whether a field of a struct may have this name: the metastore reads types as text.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_plain(made: &HiveType) -> bool {
    !matches!(made, HiveType::Array(_) | HiveType::Map(..) | HiveType::Struct(_) | HiveType::Other(_))
}

fn decimal(precision: u8, scale: i8) -> Option<HiveType> {
    let fraction = u8::try_from(scale.max(0)).ok()?;
    let zeros = u8::try_from(-(scale.min(0))).ok()?;
    let digits = precision.checked_add(zeros)?.max(fraction);
    (digits <= MAX_PRECISION).then_some(HiveType::Decimal(digits, fraction))
}

/// One sentence for each kind of values that a reader of the table has to know, with its columns.
fn notes(columns: &[ResultColumn]) -> Vec<String> {
    type Sees = fn(&DataType) -> bool;
    use DataType as D;
    let kinds: [(Sees, &str); 6] = [
        (
            |t| matches!(t, D::Timestamp(_, Some(_))),
            "kept as the time in UTC; the table does not say so, and the name of the zone is not kept",
        ),
        (
            |t| matches!(t, D::Time32(_) | D::Time64(_)),
            "kept as text, such as 12:34:56.000001: Hive has no time of day",
        ),
        (|t| matches!(t, D::Duration(_)), "kept as a count of the duration's unit"),
        (|t| matches!(t, D::Null), "without any value, and made string"),
        (|t| matches!(t, D::UInt64), "unsigned, and kept as decimal(20,0)"),
        (|t| matches!(t, D::UInt8 | D::UInt16 | D::UInt32), "unsigned, and kept as the next wider integer"),
    ];
    let mut notes = Vec::new();
    for (sees, sentence) in kinds {
        let named: Vec<&str> = columns
            .iter()
            .filter(|column| holds(column.field.data_type(), sees))
            .map(|column| column.name.as_str())
            .collect();
        if !named.is_empty() {
            notes.push(format!("{}: {sentence}", named.join(", ")));
        }
    }
    notes
}

/// Whether a type, or a type within it, is one that `sees` looks for.
fn holds(data_type: &DataType, sees: fn(&DataType) -> bool) -> bool {
    sees(data_type)
        || match data_type {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                holds(item.data_type(), sees)
            }
            DataType::Map(entries, _) => holds(entries.data_type(), sees),
            DataType::Struct(fields) => fields.iter().any(|field| holds(field.data_type(), sees)),
            DataType::Dictionary(_, values) => holds(values, sees),
            DataType::RunEndEncoded(_, values) => holds(values.data_type(), sees),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::{Field, Schema, TimeUnit};

    use super::*;

    fn made(data_type: &DataType) -> Option<String> {
        hive_type(data_type).map(|made| made.to_string())
    }

    #[test]
    fn every_result_type_has_one_type_or_none() {
        use DataType as D;
        let item = |data_type| Arc::new(Field::new("item", data_type, true));
        for (given, wanted) in [
            (D::Boolean, "boolean"),
            (D::Int8, "tinyint"),
            (D::UInt8, "smallint"),
            (D::UInt16, "int"),
            (D::UInt32, "bigint"),
            (D::UInt64, "decimal(20,0)"),
            (D::Float32, "float"),
            (D::Decimal128(38, 18), "decimal(38,18)"),
            (D::Decimal128(3, -2), "decimal(5,0)"),
            (D::Decimal128(2, 4), "decimal(4,4)"),
            (D::Utf8, "string"),
            (D::FixedSizeBinary(4), "binary"),
            (D::Date32, "date"),
            (D::Time64(TimeUnit::Microsecond), "string"),
            (D::Timestamp(TimeUnit::Nanosecond, None), "timestamp"),
            (D::List(item(D::Int64)), "array<bigint>"),
            (D::Struct(vec![Field::new("UserName", D::Utf8, true)].into()), "struct<username:string>"),
        ] {
            assert_eq!(made(&given).as_deref(), Some(wanted));
        }
        for homeless in [
            D::Interval(arrow_schema::IntervalUnit::DayTime),
            D::Decimal256(39, 0),
            D::Struct(vec![Field::new("a:b", D::Utf8, true)].into()),
            D::Struct(vec![Field::new("a", D::Utf8, true), Field::new("A", D::Utf8, true)].into()),
            D::Struct(arrow_schema::Fields::empty()),
        ] {
            assert_eq!(made(&homeless), None);
        }
    }

    #[test]
    fn what_is_lost_is_said_in_a_note_also_of_values_within() {
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Schema::new(vec![
            Field::new("At", zoned.clone(), true),
            Field::new("all", DataType::List(Arc::new(Field::new("item", zoned, true))), true),
            Field::new("n", DataType::Null, true),
        ]);
        let table = map_schema(&ResultSchema::new(Arc::new(schema))).unwrap();
        assert_eq!(table.columns[0].name, "at");
        assert_eq!(table.notes.len(), 2);
        assert!(table.notes[0].starts_with("At, all: kept as the time in UTC"), "{:?}", table.notes);
        assert_eq!(table.notes[1], "n: without any value, and made string");
    }
}
