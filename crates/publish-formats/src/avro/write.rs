//! Writes Avro.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_avro::compression::CompressionCodec;
use arrow_avro::errors::AvroError;
use arrow_avro::schema::SCHEMA_METADATA_KEY;
use arrow_avro::writer::format::AvroOcfFormat;
use arrow_avro::writer::{Writer, WriterBuilder};
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use publish_core::{Error, ErrorKind, Result, WriteOptions};

use crate::canonical::canonical_batch;
use crate::encoding::BatchEncoder;

use super::columns::WrittenColumns;

/// Encodes an Avro file.
pub(super) struct AvroEncoder {
    writer: Writer<SharedBytes, AvroOcfFormat>,
    bytes: SharedBytes,
    schema: SchemaRef,
    block_rows: usize,
}

impl AvroEncoder {
    /// Starts a file of batches of `schema`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the column, for a type that Avro does not hold exactly;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a name that Avro does not allow, or an unknown codec.
    pub(super) fn new(schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let columns = WrittenColumns::of(schema)?;
        let metadata = HashMap::from([(SCHEMA_METADATA_KEY.to_owned(), columns.json)]);
        let with_json = columns.schema.as_ref().clone().with_metadata(metadata);
        let bytes = SharedBytes::default();
        let writer = WriterBuilder::new(with_json)
            .with_compression(compression(options.compression.as_deref())?)
            .build::<_, AvroOcfFormat>(bytes.clone())
            .map_err(|error| {
                Error::new(ErrorKind::Unsupported, "A column has a type that Avro does not hold")
                    .with_source(error)
            })?;
        Ok(Self { writer, bytes, schema: columns.schema, block_rows: options.group_rows.max(1) })
    }
}

impl BatchEncoder for AvroEncoder {
    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = canonical_batch(batch, &self.schema)?;
        let mut start = 0;
        while start < batch.num_rows() {
            let len = self.block_rows.min(batch.num_rows() - start);
            self.writer.write(&batch.slice(start, len)).map_err(broken)?;
            start += len;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish().map_err(broken)
    }

    fn take_bytes(&mut self) -> Result<Bytes> {
        Ok(std::mem::take(&mut *self.bytes.lock()).into())
    }

    fn held_bytes(&self) -> u64 {
        0
    }
}

fn compression(name: Option<&str>) -> Result<Option<CompressionCodec>> {
    Ok(match name {
        None | Some("none" | "null") => None,
        Some("deflate") => Some(CompressionCodec::Deflate),
        Some("snappy") => Some(CompressionCodec::Snappy),
        Some("zstd" | "zstandard") => Some(CompressionCodec::ZStandard),
        Some("bzip2") => Some(CompressionCodec::Bzip2),
        Some("xz") => Some(CompressionCodec::Xz),
        Some(other) => {
            return Err(Error::new(ErrorKind::InvalidRequest, "Avro has no such compression")
                .with_context("compression", other)
                .with_context("known", "none, deflate, snappy, zstd, bzip2, xz"));
        }
    })
}

fn broken(error: AvroError) -> Error {
    Error::new(ErrorKind::BadData, "A value of the batch cannot be written as Avro; write it as text")
        .with_source(error)
}

/// Bytes that the writer appends to and the encoder takes out.
#[derive(Clone, Debug, Default)]
struct SharedBytes(Arc<Mutex<Vec<u8>>>);

impl SharedBytes {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        // Only one thread encodes, and appending leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for SharedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
