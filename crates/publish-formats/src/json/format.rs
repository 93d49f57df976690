//! JSON as a [`Format`].

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use publish_core::{
    BatchStream, BatchWriter, FileFormat, FileInspection, FileMeta, FilePart, FileWriter, Format,
    FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};

use super::decode::Decoder;
use super::inspect::{inspect, merge};
use super::shape::published;
use super::write::Lines;
use crate::compression::Compression;
use crate::encoding::EncodedFile;
use crate::input::read_blocking;
use crate::text::{TextEncoder, part_stream};

/// JSON: one object a line, or one array of objects.
///
/// Reading:
/// - UTF-8 with or without a byte order mark, as it is or compressed by gzip, bzip2 or zstd, which the first bytes tell.
///   The first byte that is no space tells an array. Empty lines are passed over. A record is at most 16 MiB long.
/// - Columns are the keys in order of their first appearance, over all files. A key that a record lacks is a null, one
///   that it has twice an error.
/// - Types are inferred from all values, and never lose a digit: a number is read from its text alone. Strings stay
///   text; what their texts are is told by [`TEXT_TYPE_KEY`](publish_core::TEXT_TYPE_KEY), so that they can be read as
///   such. Objects become structs, arrays lists.
/// - A key that a nested object lacks is a null of its struct. Read as text, nested values are their JSON text as it
///   stands in the file, with the keys that each one has.
/// - A column with values of several kinds is text: its strings as they are, all else as its JSON text. So are nested
///   objects of more than 1,000 keys, and what lies deeper than 16.
/// - Bytes are strings of pairs of hexadecimal digits.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonFormat;

#[async_trait]
impl Format for JsonFormat {
    fn format(&self) -> FileFormat {
        FileFormat::Json
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let (meta, options) = (file.clone(), options.clone());
        read_blocking(storage, &file.location, 0..file.size, move |bytes| inspect(bytes, &meta, &options))
            .await
    }

    fn unify(&self, files: &[FileInspection], options: &FormatOptions) -> Result<ResultSchema> {
        if let Some(schema) = &options.schema {
            return Ok(ResultSchema::new(Arc::clone(schema)));
        }
        let object = merge(files)?;
        let fields: Vec<_> = object.to_fields().iter().map(|field| published(field)).collect();
        let schema = ResultSchema::new(Arc::new(Schema::new(fields)));
        // Where all records were counted, all were read.
        let is_told = files.iter().all(|file| file.schema.is_none() || file.row_count.is_some());
        let widths: Vec<_> = object.shapes().map(|(_, shape)| is_told.then(|| shape.max_bytes())).collect();
        Ok(schema.with_max_bytes(&widths))
    }

    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        _: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        let (schema, start) = (Arc::clone(schema), part.start);
        Ok(part_stream(file, part, storage, move |bytes| {
            Decoder::new(bytes, start, schema, batch_rows.max(1))
        }))
    }

    async fn create(
        &self,
        schema: &SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        let compression = Compression::from_name(options.compression.as_deref())?;
        let encoder = TextEncoder::new(Lines::new(schema, options)?, compression)?;
        Ok(Box::new(EncodedFile::new(encoder, writer)))
    }
}
