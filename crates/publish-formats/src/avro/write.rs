//! Writes Avro.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use arrow_avro::errors::AvroError;
use arrow_avro::schema::SCHEMA_METADATA_KEY;
use arrow_avro::writer::format::AvroBinaryFormat;
use arrow_avro::writer::{Encoder, WriterBuilder};
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use publish_core::{Error, ErrorKind, Result, WriteOptions};

use crate::canonical::canonical_batch;
use crate::encoding::BatchEncoder;

use super::codec::Codec;
use super::columns::WrittenColumns;
use super::header::{Header, Sync, new_sync, put_long};

/// Bytes of a block before it is compressed, about, however few rows it has.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// Encodes an Avro file.
///
/// The rows are the library's, header and blocks are ours: the library would write another schema into the header
/// than the one it was given to encode by.
pub(super) struct AvroEncoder {
    rows: Encoder,
    columns: SchemaRef,
    codec: Codec,
    sync: Sync,
    block_rows: usize,
    bytes: Vec<u8>,
}

impl AvroEncoder {
    /// Starts a file of batches of `schema`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the column, for a type that Avro does not hold exactly;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a name that Avro does not allow, or an unknown codec.
    pub(super) fn new(schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let codec = Codec::to_write(options.compression.as_deref())?;
        let columns = WrittenColumns::of(schema)?;
        let mut header =
            Header { schema: columns.json, codec, notes: notes(options), sync: new_sync(), len: 0 };
        let bytes = header.to_bytes();
        let metadata = HashMap::from([(SCHEMA_METADATA_KEY.to_owned(), std::mem::take(&mut header.schema))]);
        let with_json = columns.schema.as_ref().clone().with_metadata(metadata);
        let rows = WriterBuilder::new(with_json).build_encoder::<AvroBinaryFormat>().map_err(|error| {
            Error::new(ErrorKind::Unsupported, "A column has a type that Avro does not hold")
                .with_source(error)
        })?;
        let block_rows = options.group_rows.max(1);
        Ok(Self { rows, columns: columns.schema, codec, sync: header.sync, block_rows, bytes })
    }

    fn write_block(&mut self, rows: &RecordBatch) -> Result<()> {
        self.rows.encode(rows).map_err(broken)?;
        let rows = self.rows.flush();
        let data = self.codec.compress(rows.bytes()).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "A block could not be compressed").with_source(error)
        })?;
        put_long(rows.len() as u64, &mut self.bytes);
        put_long(data.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(&data);
        self.bytes.extend_from_slice(&self.sync);
        Ok(())
    }
}

impl BatchEncoder for AvroEncoder {
    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = canonical_batch(batch, &self.columns)?;
        let row_len = batch.get_array_memory_size() / batch.num_rows().max(1);
        let block_rows = self.block_rows.min(BLOCK_BYTES / row_len.max(1)).max(1);
        let mut start = 0;
        while start < batch.num_rows() {
            let len = block_rows.min(batch.num_rows() - start);
            self.write_block(&batch.slice(start, len))?;
            start += len;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }

    fn take_bytes(&mut self) -> Result<Bytes> {
        Ok(std::mem::take(&mut self.bytes).into())
    }

    fn held_bytes(&self) -> u64 {
        0
    }
}

fn notes(options: &WriteOptions) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let bytes = |text: &String| text.clone().into_bytes();
    options.notes.iter().map(|(key, value)| (bytes(key), bytes(value))).collect()
}

fn broken(error: AvroError) -> Error {
    Error::new(ErrorKind::BadData, "A value of the batch cannot be written as Avro; write it as text")
        .with_source(error)
}
