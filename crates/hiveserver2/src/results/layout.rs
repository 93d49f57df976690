//! The columns of a result: Hive's types and the Arrow types they become.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::decode::decode;
use crate::config::TimestampUnit;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::columns::{Column, ColumnForm};
use crate::protocol::messages::{ColumnDescription, PrimitiveType, RowSet, TableSchema};

/// Key of a field's metadata that holds Hive's name of its type, such as `array` or `decimal(10,2)`.
const HIVE_TYPE: &str = "hive.type";

/// What is known of a result's columns.
#[derive(Clone, Debug)]
pub(crate) struct ResultLayout {
    schema: SchemaRef,
}

impl ResultLayout {
    pub(crate) fn new(schema: TableSchema, unit: TimestampUnit) -> Result<Self> {
        let fields: Result<Vec<_>> = schema.columns.into_iter().map(|column| field(column, unit)).collect();
        Ok(Self { schema: Arc::new(Schema::new(fields?)) })
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.schema.fields().is_empty()
    }

    /// Makes a batch of an answer's columns.
    pub(crate) fn decode(&self, columns: &[Column]) -> Result<RecordBatch> {
        let row_count = columns.first().map_or(0, |column| column.row_count);
        if columns.len() != self.schema.fields().len()
            || columns.iter().any(|column| column.row_count != row_count)
        {
            let message = "The server's rows do not fit the columns that it announced";
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        let arrays: Result<Vec<_>> = self
            .schema
            .fields()
            .iter()
            .zip(columns)
            .map(|(field, column)| {
                decode(field.data_type(), column).map_err(|error| error.with_context("column", field.name()))
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(row_count));
        RecordBatch::try_new_with_options(self.schema(), arrays?, &options).map_err(|error| {
            Error::new(ErrorKind::Protocol, "The server's rows make no batch").with_source(error)
        })
    }
}

impl Default for ResultLayout {
    fn default() -> Self {
        Self { schema: Arc::new(Schema::empty()) }
    }
}

/// The lines of an operation's log.
pub(crate) fn log_lines(rows: &RowSet) -> Vec<String> {
    match rows.columns.as_deref() {
        Some([column]) if column.form == ColumnForm::Text => {
            column.texts().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn field(column: ColumnDescription, unit: TimestampUnit) -> Result<Field> {
    let primitive = column.kind.entries.into_iter().next().and_then(|entry| entry.primitive);
    let Some((data_type, name)) = primitive.as_ref().and_then(|primitive| arrow_type(primitive, unit)) else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "A column has a type that is not known; cast it to STRING",
        )
        .with_context("column", column.name)
        .with_context("type", primitive.map_or(-1, |primitive| primitive.id)));
    };
    let metadata = HashMap::from([(HIVE_TYPE.to_owned(), name)]);
    Ok(Field::new(column.name, data_type, true).with_metadata(metadata))
}

/// The Arrow type of a Hive type, and Hive's name for it.
fn arrow_type(primitive: &PrimitiveType, unit: TimestampUnit) -> Option<(DataType, String)> {
    let unit = match unit {
        TimestampUnit::Microsecond => TimeUnit::Microsecond,
        TimestampUnit::Nanosecond => TimeUnit::Nanosecond,
    };
    let qualifier = |key| {
        let values = &primitive.qualifiers.as_ref()?.values;
        values.get(key)?.number
    };
    let sized = |name: &str| match qualifier("characterMaximumLength") {
        Some(length) => format!("{name}({length})"),
        None => name.to_owned(),
    };
    Some(match primitive.id {
        0 => (DataType::Boolean, "boolean".into()),
        1 => (DataType::Int8, "tinyint".into()),
        2 => (DataType::Int16, "smallint".into()),
        3 => (DataType::Int32, "int".into()),
        4 => (DataType::Int64, "bigint".into()),
        5 => (DataType::Float32, "float".into()),
        6 => (DataType::Float64, "double".into()),
        7 => (DataType::Utf8, "string".into()),
        8 => (DataType::Timestamp(unit, None), "timestamp".into()),
        9 => (DataType::Binary, "binary".into()),
        10 => (DataType::Utf8, "array".into()),
        11 => (DataType::Utf8, "map".into()),
        12 => (DataType::Utf8, "struct".into()),
        13 => (DataType::Utf8, "uniontype".into()),
        15 => {
            let (precision, scale) = (qualifier("precision").unwrap_or(10), qualifier("scale").unwrap_or(0));
            if !(1..=38).contains(&precision) || !(0..=precision).contains(&scale) {
                return None;
            }
            let arrow = DataType::Decimal128(u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
            (arrow, format!("decimal({precision},{scale})"))
        }
        16 => (DataType::Null, "void".into()),
        17 => (DataType::Date32, "date".into()),
        18 => (DataType::Utf8, sized("varchar")),
        19 => (DataType::Utf8, sized("char")),
        20 => (DataType::Utf8, "interval_year_month".into()),
        21 => (DataType::Utf8, "interval_day_time".into()),
        22 => (DataType::Timestamp(unit, Some("UTC".into())), "timestamp with local time zone".into()),
        _ => return None,
    })
}
