//! Writes batches as CSV: RFC 4180, with a header.

use arrow_array::{Array, RecordBatch, new_empty_array};
use arrow_schema::{DataType, Schema};
use publish_core::{Error, ErrorKind, Result};

use crate::json::json_printer;
use crate::text::{Printer, RowPrinter, printer};

/// Prints one record a row.
pub(super) struct Records {
    header: String,
    null_text: String,
}

impl Records {
    /// Prints rows of such a schema, nulls as `null_text`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a column's type has no text, [`InvalidRequest`](ErrorKind::InvalidRequest)
    /// if the null text can't be told from a field.
    pub(super) fn new(schema: &Schema, null_text: &str) -> Result<Self> {
        if null_text.contains([',', '"', '\n', '\r']) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The null text of CSV holds no comma, quote or line end",
            )
            .with_context("null text", format_args!("{null_text:?}")));
        }
        let mut header = String::new();
        for (at, field) in schema.fields().iter().enumerate() {
            field_printer(new_empty_array(field.data_type()).as_ref())
                .map(drop)
                .map_err(|error| error.with_context("column", field.name()))?;
            header.push_str(if at > 0 { "," } else { "" });
            let start = header.len();
            header.push_str(field.name());
            quote(&mut header, start, "");
        }
        header.push_str("\r\n");
        Ok(Self { header, null_text: null_text.to_owned() })
    }
}

impl RowPrinter for Records {
    fn print_start(&self, to: &mut String) {
        to.push_str(&self.header);
    }

    fn print_batch(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        to: &mut String,
        flush: &mut dyn FnMut(&mut String) -> Result<()>,
    ) -> Result<()> {
        let printers = batch
            .columns()
            .iter()
            .map(|column| field_printer(column.as_ref()))
            .collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            for (at, (column, print)) in batch.columns().iter().zip(&printers).enumerate() {
                if at > 0 {
                    to.push(',');
                }
                if column.is_null(row) || column.data_type() == &DataType::Null {
                    to.push_str(&self.null_text);
                    continue;
                }
                let start = to.len();
                print(row, to).ok_or_else(|| {
                    Error::new(
                        ErrorKind::BadData,
                        "CSV has no text for dates outside the years 0001 to 9999, and JSON in it none for NaN and \
                         infinities; replace it, or stage the results in another format",
                    )
                    .with_context("row", first_row + row as u64 + 1)
                    .with_context("column", batch.schema().field(at).name())
                })?;
                quote(to, start, &self.null_text);
            }
            to.push_str("\r\n");
            flush(to)?;
        }
        Ok(())
    }
}

fn field_printer(array: &dyn Array) -> Result<Printer<'_>> {
    if array.data_type().is_nested() { json_printer(array) } else { printer(array) }
}

/// Puts the field that was printed from `start` on into quotes, if it needs them: to be told from a null, from a
/// byte order mark, or because it holds what has a meaning.
fn quote(to: &mut String, start: usize, null_text: &str) {
    let field = &to[start..];
    let is_told = !field.is_empty() && field != null_text && !field.starts_with('\u{feff}');
    if is_told && !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        return;
    }
    let field = field.replace('"', "\"\"");
    to.truncate(start);
    to.push('"');
    to.push_str(&field);
    to.push('"');
}
