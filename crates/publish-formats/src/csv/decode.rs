//! Decodes CSV records into batches.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use publish_core::{Error, ErrorKind, Result};

use super::inspect::check_header;
use super::{Dialect, RecordReader};
use crate::compression::decompress;
use crate::input::{FileBytes, from_io};
use crate::json::text_or_json_column;
use crate::text::{PartDecoder, ReadError, TextBuffer, TextColumn, expectation};

/// Records that are decoded together.
const BLOCK_ROWS: usize = 1024;

/// Text of a batch after which it is handed out, whatever its rows.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// Decodes one part of a file.
pub(super) struct Decoder {
    records: RecordReader,
    columns: Vec<Box<dyn TextColumn>>,
    schema: SchemaRef,
    batch_rows: usize,
}

impl Decoder {
    /// Starts a part that begins at `start`. The first one of a file has its mark, its header and its compression.
    pub(super) fn new(
        bytes: FileBytes,
        start: u64,
        dialect: Dialect,
        schema: SchemaRef,
        batch_rows: usize,
    ) -> Result<Self, ReadError> {
        let columns = schema.fields().iter().map(text_or_json_column).collect::<Result<Vec<_>>>()?;
        let buffer = if start == 0 {
            let opened =
                decompress(bytes).map_err(|error| from_io(error, "The file can't be decompressed"))?;
            let mut buffer = TextBuffer::new(opened.text, 0);
            buffer.skip_mark()?;
            buffer
        } else {
            TextBuffer::new(Box::new(bytes), start)
        };
        let has_header = start == 0 && dialect.has_header;
        let width = if has_header { None } else { Some(columns.len()) };
        let mut records = RecordReader::new(buffer, dialect, width);
        if has_header && let Some(header) = records.read_header()? {
            check_header(&schema, &header)?;
        }
        Ok(Self { records, columns, schema, batch_rows })
    }

    fn decode_block(&mut self, rows: usize) -> Result<(), ReadError> {
        let text = self.records.text();
        let mut texts = Vec::with_capacity(rows);
        for (at, (column, field)) in self.columns.iter_mut().zip(self.schema.fields()).enumerate() {
            texts.clear();
            texts.extend(self.records.column(text, at));
            let missing = if field.is_nullable() { None } else { texts.iter().position(Option::is_none) };
            if let Some(row) = missing {
                return Err(self
                    .records
                    .fault("A value is missing in a column that allows no nulls; correct it", row, at)
                    .with("column", field.name())
                    .into());
            }
            column.fill(&texts).map_err(|row| {
                self.records
                    .fault(
                        "A value is none of its column's type; correct it, or read the column as text",
                        row,
                        at,
                    )
                    .with("column", field.name())
                    .with("expected", expectation(field.data_type()))
            })?;
        }
        Ok(())
    }
}

impl PartDecoder for Decoder {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        let mut rows = 0;
        let start = self.records.position();
        while rows < self.batch_rows && self.records.position() - start < BATCH_BYTES {
            let block = self.records.next_block(BLOCK_ROWS.min(self.batch_rows - rows))?;
            if block == 0 {
                break;
            }
            self.decode_block(block)?;
            rows += block;
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(|column| column.finish()).collect::<Result<_, _>>();
        let batch = columns
            .and_then(|columns| RecordBatch::try_new(Arc::clone(&self.schema), columns))
            .map_err(|error| {
                Error::new(ErrorKind::Unexpected, "The decoded columns do not make a batch")
                    .with_source(error)
            })?;
        Ok(Some(batch))
    }
}
