//! Decodes a run of Avro blocks.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::IntervalMonthDayNanoType;
use arrow_array::{Array, RecordBatch, make_array};
use arrow_avro::reader::Decoder;
use arrow_data::ArrayData;
use arrow_schema::{DataType, IntervalUnit, SchemaRef};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use publish_core::{ByteStream, Error, ErrorKind, Location, Result};

use crate::blocking::BatchSender;
use crate::canonical::canonical_batch;

use super::codec::{Codec, MAX_BLOCK_LEN};
use super::header::{BLOCK_HEAD_LEN, BlockHead, Header, SYNC_LEN, check_sync, damaged};
use super::schema::FileSchema;

/// Bytes of decoded rows after which a batch is handed out, however few rows it has.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A run of blocks to decode.
pub(super) struct PartDecoder {
    /// The file.
    pub(super) file: Location,
    /// Its header.
    pub(super) header: Header,
    /// Its columns.
    pub(super) schema: Arc<FileSchema>,
    /// The columns as they are to be handed out.
    pub(super) columns: SchemaRef,
    /// Rows of the file before the first block, if they are known.
    pub(super) first_row: Option<u64>,
    /// Rows of a batch at most.
    pub(super) batch_rows: usize,
    /// The blocks, from `at` up to `end`.
    pub(super) bytes: PartBytes,
}

impl PartDecoder {
    /// Decodes all blocks into batches.
    pub(super) fn run(mut self, sender: &BatchSender) -> Result<()> {
        let mut decoder =
            self.schema.decoder(self.batch_rows).map_err(|error| error.with_context("file", &self.file))?;
        let mut rows = Rows { before: self.first_row, decoded: 0, in_batch: 0, bytes_in_batch: 0 };
        let mut data = Vec::new();
        while let Some((block_at, block)) = self.next_block(sender)? {
            let row_count = block.head.row_count;
            // What is not compressed is decoded where it is.
            let data = if block.is_plain {
                block.data.as_ref()
            } else {
                self.header.codec.decompress(&block.data, &mut data).map_err(|error| {
                    damaged(&self.file, block_at, "A block cannot be decompressed; write the file again")
                        .with_context("block rows", row_count)
                        .with_source(error)
                })?;
                &data
            };
            let mut read = 0;
            for _ in 0..row_count {
                let len = decoder.decode(&data[read..]).map_err(|error| {
                    rows.beside(damaged(&self.file, block_at, "A row cannot be decoded; the file is damaged"))
                        .with_source(error)
                })?;
                read += len;
                rows.count(len);
                if decoder.batch_is_full() || rows.bytes_in_batch >= BATCH_BYTES {
                    self.flush(&mut decoder, &mut rows, block_at, sender)?;
                }
            }
            if read != data.len() {
                return Err(damaged(&self.file, block_at, "A block has more bytes than its rows take")
                    .with_context("rows", row_count)
                    .with_context("left over", data.len() - read));
            }
        }
        let end = self.bytes.at;
        self.flush(&mut decoder, &mut rows, end, sender)
    }

    fn next_block(&mut self, sender: &BatchSender) -> Result<Option<(u64, Block)>> {
        let at = self.bytes.at;
        if at >= self.bytes.end {
            return Ok(None);
        }
        self.bytes.fill(BLOCK_HEAD_LEN, sender)?;
        let codec = self.header.codec;
        let head = BlockHead::parse(&self.file, &self.bytes.ready, at, self.bytes.end, codec)?;
        if head.data_len > MAX_BLOCK_LEN {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "A block is longer than 256 MiB; write shorter ones",
            )
            .with_context("file", &self.file)
            .with_context("byte", at)
            .with_context("length", head.data_len));
        }
        self.bytes.take(head.head_len, sender)?;
        let data = self.bytes.take(head.data_len, sender)?;
        let sync_at = self.bytes.at;
        let sync = self.bytes.take(SYNC_LEN, sender)?;
        check_sync(&self.file, &sync, &self.header.sync, sync_at)?;
        Ok(Some((at, Block { head, data, is_plain: codec == Codec::Null })))
    }

    fn flush(
        &self,
        decoder: &mut Decoder,
        rows: &mut Rows,
        block_at: u64,
        sender: &BatchSender,
    ) -> Result<()> {
        let first = rows.first_of_batch();
        let broken = |error: Error| {
            let error = error.with_context("file", &self.file).with_context("byte", block_at);
            match first {
                Some(first) => error.with_context("from row", first),
                None => error,
            }
        };
        let batch = decoder.flush().map_err(|error| {
            let message = "A value of these rows is not of its column's type; the file is damaged";
            broken(Error::new(ErrorKind::BadData, message).with_source(error))
        })?;
        rows.start_batch();
        let Some(batch) = batch else { return Ok(()) };
        if self.schema.has_durations {
            check_durations(&batch).map_err(broken)?;
        }
        sender.send(canonical_batch(&batch, &self.columns).map_err(broken)?)
    }
}

/// A block as it is in the file.
struct Block {
    head: BlockHead,
    data: Bytes,
    is_plain: bool,
}

/// Where in the file's rows the decoder is.
struct Rows {
    before: Option<u64>,
    decoded: u64,
    in_batch: u64,
    bytes_in_batch: usize,
}

impl Rows {
    fn count(&mut self, len: usize) {
        self.decoded += 1;
        self.in_batch += 1;
        self.bytes_in_batch += len;
    }

    fn start_batch(&mut self) {
        self.in_batch = 0;
        self.bytes_in_batch = 0;
    }

    fn first_of_batch(&self) -> Option<u64> {
        self.before.map(|before| before + self.decoded - self.in_batch + 1)
    }

    /// Adds the number of the row that comes next.
    fn beside(&self, error: Error) -> Error {
        match self.before {
            Some(before) => error.with_context("row", before + self.decoded + 1),
            None => error,
        }
    }
}

/// The bytes of a part, read as they are needed.
pub(super) struct PartBytes {
    file: Location,
    /// Offset in the file of what comes next.
    at: u64,
    /// Where the part ends.
    end: u64,
    ready: Bytes,
    rest: Option<ByteStream>,
}

impl PartBytes {
    /// The bytes from `at` up to `end`: first those that were read already, then the rest.
    pub(super) fn new(file: &Location, at: u64, end: u64, ready: Bytes, rest: Option<ByteStream>) -> Self {
        Self { file: file.clone(), at, end, ready, rest }
    }

    /// Has `len` bytes ready, unless the part ends before.
    fn fill(&mut self, len: u64, sender: &BatchSender) -> Result<()> {
        let len = usize::try_from(len.min(self.end - self.at)).unwrap_or(usize::MAX);
        if self.ready.len() >= len {
            return Ok(());
        }
        let mut joined = BytesMut::from(std::mem::take(&mut self.ready));
        while joined.len() < len {
            let next = match self.rest.as_mut() {
                Some(rest) => sender.wait(async { rest.next().await.transpose() })?,
                None => None,
            };
            let Some(chunk) = next else {
                let end = self.at + joined.len() as u64;
                return Err(damaged(&self.file, end, "The file ends before its last block does"));
            };
            if joined.is_empty() && chunk.len() >= len {
                self.ready = chunk;
                return Ok(());
            }
            joined.extend_from_slice(&chunk);
        }
        self.ready = joined.freeze();
        Ok(())
    }

    fn take(&mut self, len: u64, sender: &BatchSender) -> Result<Bytes> {
        self.fill(len, sender)?;
        let taken = self.ready.split_to(usize::try_from(len).unwrap_or(usize::MAX).min(self.ready.len()));
        self.at += taken.len() as u64;
        Ok(taken)
    }
}

/// Refuses months and days that the decoder wrapped: Avro counts them without sign, Arrow with one.
fn check_durations(batch: &RecordBatch) -> Result<()> {
    for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
        if wraps(&column.to_data()) {
            return Err(Error::new(
                ErrorKind::BadData,
                "A duration has more months or days than an interval can hold; write it as text",
            )
            .with_context("column", field.name()));
        }
    }
    Ok(())
}

fn wraps(data: &ArrayData) -> bool {
    if *data.data_type() == DataType::Interval(IntervalUnit::MonthDayNano) {
        let durations = make_array(data.clone());
        let durations = durations.as_primitive::<IntervalMonthDayNanoType>();
        return durations.iter().flatten().any(|duration| duration.months < 0 || duration.days < 0);
    }
    data.child_data().iter().any(wraps)
}
