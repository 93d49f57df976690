//! Writes batches as JSON lines.

use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, new_empty_array};
use arrow_schema::{DataType, Schema};
use publish_core::{Error, ErrorKind, Result};

use super::print::{json_printer, key_text};
use crate::text::RowPrinter;

/// Prints one object a row, with every column, nulls too.
pub(super) struct Lines {
    keys: Vec<String>,
    refuses_empty_bytes: bool,
}

impl Lines {
    /// Prints rows of such a schema.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a column's type has no text.
    pub(super) fn new(schema: &Schema, refuses_empty_bytes: bool) -> Result<Self> {
        for field in schema.fields() {
            json_printer(new_empty_array(field.data_type()).as_ref())
                .map(drop)
                .map_err(|error| error.with_context("column", field.name()))?;
        }
        let keys = schema.fields().iter().map(|field| key_text(field.name())).collect();
        Ok(Self { keys, refuses_empty_bytes })
    }
}

impl RowPrinter for Lines {
    fn print_start(&self, _: &mut String) {}

    fn print_batch(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        to: &mut String,
        flush: &mut dyn FnMut(&mut String) -> Result<()>,
    ) -> Result<()> {
        if self.refuses_empty_bytes {
            check_bytes(batch, first_row)?;
        }
        let columns =
            batch.columns().iter().map(|column| json_printer(column.as_ref())).collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            to.push('{');
            for (at, (key, column)) in self.keys.iter().zip(&columns).enumerate() {
                if at > 0 {
                    to.push(',');
                }
                to.push_str(key);
                column(row, to).ok_or_else(|| {
                    Error::new(
                        ErrorKind::BadData,
                        "JSON has no text for NaN, infinities and dates outside the years 0001 to 9999; replace it, \
                         or stage the results in another format",
                    )
                    .with_context("row", first_row + row as u64 + 1)
                    .with_context("column", batch.schema().field(at).name())
                })?;
            }
            to.push_str("}\n");
            flush(to)?;
        }
        Ok(())
    }
}

/// Fails if a column of bytes has a value of no length.
fn check_bytes(batch: &RecordBatch, first_row: u64) -> Result<()> {
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let empty = match field.data_type() {
            DataType::Binary => column.as_binary::<i32>().iter().position(is_empty),
            DataType::LargeBinary => column.as_binary::<i64>().iter().position(is_empty),
            DataType::BinaryView => column.as_binary_view().iter().position(is_empty),
            _ => None,
        };
        if let Some(row) = empty {
            return Err(Error::new(
                ErrorKind::BadData,
                "Bytes of no length would come out as a null; publish them without the columns that need JSON, or as \
                 nulls",
            )
            .with_context("row", first_row + row as u64 + 1)
            .with_context("column", field.name()));
        }
    }
    Ok(())
}

fn is_empty(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BinaryArray};

    use super::*;

    #[test]
    fn bytes_of_no_length_are_refused_by_row_where_a_reader_would_take_them_for_nulls() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), None, Some(&b""[..])]));
        let batch = RecordBatch::try_from_iter([("b", bytes)]).unwrap();
        let print = |refuses| {
            let mut text = String::new();
            Lines::new(&batch.schema(), refuses)?.print_batch(&batch, 10, &mut text, &mut |_| Ok(()))?;
            Ok::<_, Error>(text)
        };
        assert_eq!(print(false).unwrap().lines().count(), 3);
        let error = print(true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.to_string().contains("row: 13") && error.to_string().contains("column: b"), "{error}");
    }
}
