//! Rows as text, and rows to begin with.

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field};
use publish_core::{Error, ErrorKind, Result};

/// Makes rows of two columns: `id`, the numbers of the range, and `name`, a text that tells the number. Every third
/// name is null, every fifth is empty, and some hold quotes, delimiters or characters of more than one byte.
pub fn numbered_rows(ids: RangeInclusive<i64>) -> RecordBatch {
    let names: StringArray = ids.clone().map(name_of).collect();
    let ids: Int64Array = ids.map(Some).collect();
    let field = |name: &str, data_type: DataType| Arc::new(Field::new(name, data_type, true));
    let columns: Vec<(Arc<Field>, ArrayRef)> =
        vec![(field("id", DataType::Int64), Arc::new(ids)), (field("name", DataType::Utf8), Arc::new(names))];
    RecordBatch::from(StructArray::from(columns))
}

/// Writes each row as text: values joined by `|`, nulls as `null`, texts in quotes.
///
/// # Errors
/// [`Unexpected`](ErrorKind::Unexpected) if a column's type has no text.
pub fn row_texts(batch: &RecordBatch) -> Result<Vec<String>> {
    let options = FormatOptions::default().with_null("null");
    let formatters = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::new(ErrorKind::Unexpected, "A column has no text").with_source(error))?;
    let is_text: Vec<bool> = batch.columns().iter().map(|column| column.data_type().is_string()).collect();
    let value = |column: usize, row: usize| {
        let text = formatters[column].value(row).to_string();
        if is_text[column] && !batch.column(column).is_null(row) { format!("{text:?}") } else { text }
    };
    let row =
        |row: usize| (0..formatters.len()).map(|column| value(column, row)).collect::<Vec<_>>().join("|");
    Ok((0..batch.num_rows()).map(row).collect())
}

fn name_of(id: i64) -> Option<String> {
    match id {
        id if id % 3 == 0 => None,
        id if id % 5 == 0 => Some(String::new()),
        id if id % 7 == 0 => Some(format!("Zoë, \"{id}\"")),
        id => Some(format!("row {id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_null_from_an_empty_text() {
        let rows = row_texts(&numbered_rows(3..=5)).unwrap();
        assert_eq!(rows, ["3|null", "4|\"row 4\"", "5|\"\""]);
    }
}
