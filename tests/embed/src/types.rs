//! Which columns a table of CSV files has, and which results fit them.

use arrow_schema::DataType;
use publish_core::{
    ColumnDef, Conversion, Error, ErrorKind, FitRules, Result, ResultColumn, ResultSchema, TableSchema,
    text_type,
};

/// Declares each column with the word of its Arrow type.
pub(crate) fn map_schema(results: &ResultSchema) -> Result<TableSchema> {
    let is_refused = |column: &&ResultColumn| {
        let own = own_type(column);
        own.is_nested() || own.is_binary()
    };
    let refused: Vec<&ResultColumn> = results.columns().iter().filter(is_refused).collect();
    if !refused.is_empty() {
        let error = Error::new(
            ErrorKind::Unsupported,
            "CSV files hold no bytes and nothing nested; leave these columns out or publish them as text",
        );
        return Err(refused.iter().fold(error, |error, column| error.with_context("column", &column.name)));
    }
    let declare = |column: &ResultColumn| ColumnDef::new(&column.name, own_type(column).to_string());
    Ok(TableSchema::new(results.columns().iter().map(declare).collect()))
}

// ANCHOR: fit
/// A column holds results of its own type. What a text format holds is read as the column's type.
#[derive(Debug)]
pub(crate) struct FolderFit;

impl FitRules for FolderFit {
    fn conversion(&self, result: &ResultColumn, column: &ColumnDef) -> Conversion {
        let own = own_type(result);
        let is_text = text_type(&result.field).is_some();
        let read_as = if is_text { own.clone() } else { result.field.data_type().clone() };
        if own.to_string() == column.sql_type {
            return Conversion::ReadAs(read_as);
        }
        if is_text && column.sql_type == DataType::Utf8.to_string() {
            return Conversion::ReadAs(DataType::Utf8);
        }
        Conversion::Refused(format!("{own} does not fit {}", column.sql_type))
    }
}
// ANCHOR_END: fit

/// The type of a column's values. A column of a text format that holds none is text.
fn own_type(column: &ResultColumn) -> DataType {
    match text_type(&column.field).unwrap_or_else(|| column.field.data_type().clone()) {
        DataType::Null => DataType::Utf8,
        own => own,
    }
}
