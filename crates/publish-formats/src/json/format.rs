//! JSON as a [`Format`].

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use publish_core::{
    BatchStream, BatchWriter, Error, ErrorKind, FileFormat, FileInspection, FileMeta, FilePart, FileWriter,
    Format, FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};

use super::decode::Decoder;
use super::inspect::{inspect, merge};
use super::shape::published;
use crate::blocking::decode_stream;
use crate::input::{FileBytes, read_blocking};
use crate::text::{ReadError, lines_before};

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
        // Files may have other columns each, so that widths are merged by name.
        let is_told = files.iter().all(|file| file.schema.is_none() || file.widths.is_some());
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
        let (bytes, pump) = FileBytes::start(storage, &file.location, part.start..part.end);
        let (meta, part, schema, storage) =
            (file.clone(), part.clone(), Arc::clone(schema), Arc::clone(storage));
        let batches = decode_stream(&file.location, move |sender| {
            let decode = || {
                let mut decoder = Decoder::new(bytes, &part, schema, batch_rows.max(1))?;
                while let Some(batch) = decoder.next_batch()? {
                    sender.send(batch)?;
                }
                Ok(())
            };
            decode().map_err(|error: ReadError| {
                error
                    .in_part(&meta, part.first_row, || sender.wait(lines_before(&storage, &meta, part.start)))
            })
        });
        // The pump lives as long as the stream.
        Ok(batches
            .map(move |batch| {
                let _pump = &pump;
                batch
            })
            .boxed())
    }

    async fn create(
        &self,
        _schema: &SchemaRef,
        _options: &WriteOptions,
        _writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        Err(Error::new(ErrorKind::Unsupported, "JSON files are not written yet"))
    }
}
