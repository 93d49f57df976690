//! Writes Parquet.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use publish_core::{Error, ErrorKind, Result, WriteOptions};

use crate::canonical::{canonical_batch, canonical_schema};
use crate::encoding::BatchEncoder;

use super::orders::order_by_type;

/// Encoded bytes after which a row group ends, however few rows it has: it is held until then.
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Encodes a Parquet file.
pub(super) struct ParquetEncoder {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
}

impl ParquetEncoder {
    /// Starts a file of batches of `schema`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the column, for a type that Parquet does not hold exactly;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for an unknown compression.
    pub(super) fn new(schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let schema = writable_schema(schema)?;
        let notes = options.notes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let notes = notes.collect::<Vec<_>>();
        let properties = WriterProperties::builder()
            .set_key_value_metadata(Some(notes).filter(|notes| !notes.is_empty()))
            .set_compression(compression(options.compression.as_deref())?)
            .set_max_row_group_row_count(Some(options.group_rows.max(1)))
            .build();
        // The columns are plain Parquet: no reader needs to know how Arrow held them.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&schema), options)
            .map_err(|error| refused("A column has a type that Parquet does not hold").with_source(error))?;
        Ok(Self { writer, schema })
    }
}

impl BatchEncoder for ParquetEncoder {
    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = canonical_batch(batch, &self.schema)?;
        self.writer.write(&batch).map_err(broken)?;
        if self.writer.in_progress_size() >= GROUP_BYTES {
            self.writer.flush().map_err(broken)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let footer = self.writer.finish().map_err(broken)?;
        self.writer.sync().map_err(|error| broken(error.into()))?;
        order_by_type(self.writer.inner_mut(), footer.file_metadata().schema_descr().num_columns())
    }

    fn take_bytes(&mut self) -> Result<Bytes> {
        self.writer.sync().map_err(|error| broken(error.into()))?;
        Ok(std::mem::take(self.writer.inner_mut()).into())
    }

    fn held_bytes(&self) -> u64 {
        self.writer.in_progress_size() as u64
    }
}

fn compression(name: Option<&str>) -> Result<Compression> {
    Ok(match name {
        None | Some("none" | "uncompressed") => Compression::UNCOMPRESSED,
        Some("snappy") => Compression::SNAPPY,
        Some("gzip") => Compression::GZIP(GzipLevel::default()),
        Some("zstd") => Compression::ZSTD(ZstdLevel::default()),
        Some("lz4") => Compression::LZ4_RAW,
        Some("brotli") => Compression::BROTLI(parquet::basic::BrotliLevel::default()),
        Some(other) => {
            return Err(Error::new(ErrorKind::InvalidRequest, "Parquet has no such compression")
                .with_context("compression", other)
                .with_context("known", "none, snappy, gzip, zstd, lz4, brotli"));
        }
    })
}

/// The columns as Parquet says them: seconds become milliseconds.
fn writable_schema(schema: &Schema) -> Result<SchemaRef> {
    let canonical = canonical_schema(schema)?;
    let fields = canonical
        .fields()
        .iter()
        .map(|field| writable_field(field).map_err(|error| error.with_context("column", field.name())));
    Ok(Arc::new(Schema::new(fields.collect::<Result<Fields>>()?)))
}

fn writable_field(field: &FieldRef) -> Result<FieldRef> {
    let data_type = match field.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Duration(_) | DataType::Interval(_) => {
            return Err(refused("Parquet has no type for durations; write them as text or a number")
                .with_context("type", field.data_type()));
        }
        DataType::List(item) => DataType::List(writable_field(item)?),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(writable_field).collect::<Result<_>>()?)
        }
        DataType::Map(entries, sorted) => DataType::Map(writable_field(entries)?, *sorted),
        other => other.clone(),
    };
    Ok(Arc::new(Field::new(field.name(), data_type, field.is_nullable())))
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

fn broken(error: ParquetError) -> Error {
    Error::new(ErrorKind::Unexpected, "The batch could not be written as Parquet").with_source(error)
}
