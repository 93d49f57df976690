//! Which types a table in memory has, and which results fit them.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use publish_core::{
    ColumnDef, Conversion, Error, ErrorKind, FitRules, Result, ResultColumn, ResultSchema, TableSchema,
    text_type,
};

/// Declares each column with the words of its Arrow type.
pub(super) fn map_schema(results: &ResultSchema) -> Result<TableSchema> {
    let mut columns = Vec::new();
    let mut refused = Vec::new();
    for column in results.columns() {
        let declared = match declared_type(column) {
            DataType::Null => DataType::Utf8,
            declared => declared,
        };
        if declared.is_nested() || declared.to_string().parse().ok().as_ref() != Some(&declared) {
            refused.push(format!("{}: {declared}", column.name));
        }
        columns.push(ColumnDef::new(&column.name, declared.to_string()));
    }
    if refused.is_empty() {
        return Ok(TableSchema::new(columns));
    }
    let error = Error::new(
        ErrorKind::Unsupported,
        "A table in memory has no nested columns; leave these out or publish them as text",
    );
    Err(refused.iter().fold(error, |error, column| error.with_context("column", column)))
}

/// The columns of a table as an Arrow schema.
pub(super) fn arrow_schema(table: &TableSchema) -> Result<SchemaRef> {
    let field = |column: &ColumnDef| {
        let data_type: DataType = column.sql_type.parse().map_err(|_| {
            Error::new(ErrorKind::Unexpected, "A column is declared with a type that is none")
                .with_context("column", &column.name)
                .with_context("type", &column.sql_type)
        })?;
        Ok(Field::new(&column.name, data_type, column.nullable))
    };
    Ok(Arc::new(Schema::new(table.columns.iter().map(field).collect::<Result<Vec<_>>>()?)))
}

/// Brings a batch into the shape of a table. `source` finds the place in the batch of each of the table's columns;
/// a column without one is null.
pub(super) fn shape(
    batch: &RecordBatch,
    schema: &SchemaRef,
    source: impl Fn(&str) -> Option<usize>,
) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match source(field.name()) {
        Some(place) => cast(batch.column(place), field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    columns
        .collect::<Result<Vec<_>, _>>()
        .and_then(|columns| RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options))
        .map_err(|error| {
            Error::new(ErrorKind::BadData, "A batch does not fit the table's columns").with_source(error)
        })
}

/// What fits what: the same type, or a wider one of the same sort.
#[derive(Debug)]
pub(super) struct MemoryFit;

impl FitRules for MemoryFit {
    fn conversion(&self, result: &ResultColumn, column: &ColumnDef) -> Conversion {
        let given = declared_type(result);
        let Ok(wanted) = column.sql_type.parse::<DataType>() else {
            return Conversion::Refused(format!("the table's type {} is not known", column.sql_type));
        };
        let is_text = text_type(&result.field).is_some();
        match (is_text, widens(&given, &wanted)) {
            (true, _) if wanted == DataType::Utf8 => Conversion::ReadAs(wanted),
            (true, true) => Conversion::ReadAs(wanted),
            (false, true) => Conversion::ReadAs(given),
            (_, false) => Conversion::Refused(format!("{given} does not fit {wanted}")),
        }
    }
}

fn declared_type(column: &ResultColumn) -> DataType {
    text_type(&column.field).unwrap_or_else(|| column.field.data_type().clone())
}

fn widens(given: &DataType, wanted: &DataType) -> bool {
    use DataType::{Float32, Float64, Int8, Int16, Int32, Int64, Null};
    let ranks: [&[DataType]; 2] = [&[Int8, Int16, Int32, Int64], &[Float32, Float64]];
    given == wanted
        || *given == Null
        || ranks.iter().any(|rank| {
            let place = |wanted: &DataType| rank.iter().position(|known| known == wanted);
            matches!((place(given), place(wanted)), (Some(given), Some(wanted)) if given < wanted)
        })
}
