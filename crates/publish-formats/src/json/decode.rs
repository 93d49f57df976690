//! Decodes JSON records into batches.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use publish_core::{Error, ErrorKind, Result};

use super::builder::{Misread, ObjectColumn};
use super::parser::Parser;
use super::records::RecordReader;
use crate::compression::decompress;
use crate::input::{FileBytes, from_io};
use crate::text::{Fault, PartDecoder, ReadError, TextBuffer};

/// Text of a batch after which it is handed out, whatever its rows.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// Decodes one part of a file.
pub(super) struct Decoder {
    records: RecordReader,
    columns: ObjectColumn,
    schema: SchemaRef,
    batch_rows: usize,
}

impl Decoder {
    /// Starts a part that begins at `start`. The first one of a file has its mark and its compression, and may be an array.
    pub(super) fn new(
        bytes: FileBytes,
        start: u64,
        schema: SchemaRef,
        batch_rows: usize,
    ) -> Result<Self, ReadError> {
        let columns = ObjectColumn::new(schema.fields())?;
        let records = if start == 0 {
            let opened =
                decompress(bytes).map_err(|error| from_io(error, "The file can't be decompressed"))?;
            RecordReader::new(TextBuffer::new(opened.text, 0))?
        } else {
            RecordReader::of_lines(TextBuffer::new(Box::new(bytes), start))
        };
        Ok(Self { records, columns, schema, batch_rows })
    }
}

impl PartDecoder for Decoder {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        let mut rows = 0;
        let start = self.records.position();
        while rows < self.batch_rows && self.records.position() - start < BATCH_BYTES {
            if !self.records.advance()? {
                break;
            }
            let mut parser = Parser::new(self.records.text());
            let pushed = self.columns.push(&mut parser);
            pushed
                .and_then(|()| parser.end().map_err(Misread::Syntax))
                .map_err(|misread| fault_of(&self.records, misread))?;
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = self
            .columns
            .finish()
            .and_then(|columns| {
                RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            })
            .map_err(|error| {
                Error::new(ErrorKind::Unexpected, "The decoded columns do not make a batch")
                    .with_source(error)
            })?;
        Ok(Some(batch))
    }
}

/// What is wrong with the record at hand.
pub(super) fn fault_of(records: &RecordReader, misread: Misread) -> Fault {
    match misread {
        Misread::Syntax(syntax) => records.broken(syntax),
        Misread::Value { column, value, expected } => records
            .fault("A value is none of its column's type; correct it, or read the column as text")
            .with_value(&value)
            .with("column", column)
            .with("expected", expected),
        Misread::UnknownKey(key) => records
            .fault("A record has a key that is no column; infer the columns from all records, or add it to the schema")
            .with("column", key),
        Misread::DoubledKey(key) => {
            records.fault("An object has a key twice; only one of them can be right").with("column", key)
        }
    }
}
