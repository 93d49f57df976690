//! Writes batches as JSON lines.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, new_empty_array};
use arrow_schema::{DataType, Schema};
use publish_core::{Error, ErrorKind, Result, WriteOptions};

use super::print::{json_printer, json_text_printer, key_text};
use crate::canonical::exact_cast;
use crate::text::{Printer, RowPrinter};

/// Prints one object a row, with every column, nulls too.
pub(super) struct Lines {
    keys: Vec<String>,
    types: Vec<DataType>,
    /// For each column, whether its texts are JSON themselves.
    is_json: Vec<bool>,
    refuses_empty_bytes: bool,
}

impl Lines {
    /// Prints rows of such a schema.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if a column's type has no text.
    pub(super) fn new(schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let fields = schema.fields();
        let lines = Self {
            keys: fields.iter().map(|field| key_text(field.name())).collect(),
            types: fields.iter().map(|field| field.data_type().clone()).collect(),
            is_json: fields.iter().map(|field| options.json_texts.contains(field.name())).collect(),
            refuses_empty_bytes: options.refuse_empty_bytes,
        };
        for (at, field) in fields.iter().enumerate() {
            lines
                .printer(at, new_empty_array(field.data_type()).as_ref())
                .map(drop)
                .map_err(|error| error.with_context("column", field.name()))?;
        }
        Ok(lines)
    }

    fn printer<'a>(&self, at: usize, column: &'a dyn Array) -> Result<Printer<'a>> {
        if self.is_json[at] { json_text_printer(column) } else { json_printer(column) }
    }

    /// Why a value has no text.
    fn unprintable(&self, at: usize) -> Error {
        Error::new(
            ErrorKind::BadData,
            if self.is_json[at] {
                "The text is no JSON object and no array; correct it, or load the column as text"
            } else {
                "JSON has no text for NaN, infinities and dates outside the years 0001 to 9999; replace it, or stage \
                 the results in another format"
            },
        )
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
        let columns = batch.columns().iter().zip(&self.types).map(|(column, data_type)| {
            if column.data_type() == data_type {
                Ok(Arc::clone(column))
            } else {
                exact_cast(column, data_type)
            }
        });
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| {
            Error::new(ErrorKind::BadData, "A value is none of the type that it is to be written as")
                .with_source(error)
        })?;
        let columns = columns.iter().enumerate().map(|(at, column)| self.printer(at, column.as_ref()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            to.push('{');
            for (at, (key, column)) in self.keys.iter().zip(&columns).enumerate() {
                if at > 0 {
                    to.push(',');
                }
                to.push_str(key);
                column(row, to).ok_or_else(|| {
                    self.unprintable(at)
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
    use arrow_array::{ArrayRef, BinaryArray, StringArray};

    use super::*;

    #[test]
    fn bytes_of_no_length_are_refused_by_row_where_a_reader_would_take_them_for_nulls() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), None, Some(&b""[..])]));
        let batch = RecordBatch::try_from_iter([("b", bytes)]).unwrap();
        let print = |refuses| {
            let mut text = String::new();
            let mut options = WriteOptions::default();
            options.refuse_empty_bytes = refuses;
            Lines::new(&batch.schema(), &options)?.print_batch(&batch, 10, &mut text, &mut |_| Ok(()))?;
            Ok::<_, Error>(text)
        };
        assert_eq!(print(false).unwrap().lines().count(), 3);
        let error = print(true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.to_string().contains("row: 13") && error.to_string().contains("column: b"), "{error}");
    }

    #[test]
    fn texts_that_are_json_are_written_as_the_values_that_they_are() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![
            Some("{ \"a b\" : [1.10,\n\t\"x \\\" y\"] }"),
            None,
            Some("[]"),
            Some("{\"é\": 12345678901234567890.10}"),
        ]));
        let print = |texts: &ArrayRef| {
            let batch = RecordBatch::try_from_iter([("j", Arc::clone(texts))]).unwrap();
            let mut options = WriteOptions::default();
            options.json_texts = vec!["j".to_owned()];
            let mut text = String::new();
            Lines::new(&batch.schema(), &options)?.print_batch(&batch, 0, &mut text, &mut |_| Ok(()))?;
            Ok::<_, Error>(text)
        };
        assert_eq!(
            print(&texts).unwrap(),
            "{\"j\":{\"a b\":[1.10,\"x \\\" y\"]}}\n{\"j\":null}\n{\"j\":[]}\n\
             {\"j\":{\"é\":12345678901234567890.10}}\n"
        );
        for wrong in ["1", "\"{}\"", "{", "{} {}", "x", ""] {
            let error = print(&(Arc::new(StringArray::from(vec![wrong])) as ArrayRef)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadData, "{wrong}");
            assert!(error.to_string().contains("column: j"), "{error}");
        }
    }
}
