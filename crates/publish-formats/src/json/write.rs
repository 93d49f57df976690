//! Writes batches as JSON lines.

use arrow_array::{RecordBatch, new_empty_array};
use arrow_schema::Schema;
use publish_core::{Error, ErrorKind, Result};

use super::print::{json_printer, key_text};
use crate::text::RowPrinter;

/// Prints one object a row, with every column, nulls too.
pub(super) struct Lines {
    keys: Vec<String>,
}

impl Lines {
    /// Prints rows of such a schema.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a column's type has no text.
    pub(super) fn new(schema: &Schema) -> Result<Self> {
        for field in schema.fields() {
            json_printer(new_empty_array(field.data_type()).as_ref())
                .map(drop)
                .map_err(|error| error.with_context("column", field.name()))?;
        }
        Ok(Self { keys: schema.fields().iter().map(|field| key_text(field.name())).collect() })
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
