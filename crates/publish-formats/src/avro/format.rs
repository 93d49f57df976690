//! Avro as a format of results.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use publish_core::{
    BatchStream, BatchWriter, FileFormat, FileInspection, FileMeta, FilePart, FileWriter, Format,
    FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};

use crate::agreement::{agree, check_columns};
use crate::blocking::decode_stream;
use crate::encoding::EncodedFile;

use super::decode::{PartBytes, PartDecoder};
use super::inspect::{Window, walk};
use super::schema::KnownSchemas;
use super::write::AvroEncoder;

/// Reads and writes Avro object container files, with every codec and logical type of Avro 1.12.
///
/// | Avro | Arrow |
/// | --- | --- |
/// | enum | Utf8 |
/// | uuid (string or fixed) | Utf8, with hyphens and in lower case |
/// | fixed | FixedSizeBinary |
/// | decimal | Decimal128 up to 38 digits, Decimal256 up to 76 |
/// | date, time-millis, time-micros | Date32, Time32, Time64 |
/// | timestamp-* | Timestamp of that unit in UTC |
/// | local-timestamp-* | Timestamp of that unit without a zone |
/// | duration | Interval of months, days and nanoseconds |
/// | record, array, map | Struct, List, Map |
///
/// A union of null and one type is a column that may hold nulls, in either order. Other unions, types that hold
/// themselves, and records without values are refused with the column's name.
#[derive(Debug, Default)]
pub struct AvroFormat {
    schemas: KnownSchemas,
}

impl AvroFormat {
    /// Creates the format.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Format for AvroFormat {
    fn format(&self) -> FileFormat {
        FileFormat::Avro
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        _options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let mut found = FileInspection::new(file.clone(), None);
        if file.size == 0 {
            found.row_count = Some(0);
            found.parts.clear();
            return Ok(found);
        }
        let (header, window) = Window::open(file, storage).await?;
        let schema = self.schemas.parse(&file.location, &header.schema)?;
        let blocks = walk(&header, window).await?;
        found.schema = Some(schema.columns_in(header.codec));
        found.row_count = Some(blocks.row_count);
        found.parts = blocks.parts;
        found.facts.compression = Some(header.codec.name().to_owned());
        found.facts.longest_block = Some(blocks.longest);
        found.facts.header_bytes = Some(header.len);
        found.facts.disguised = disguised(&header.schema, &schema.columns);
        Ok(found)
    }

    fn unify(&self, files: &[FileInspection], _options: &FormatOptions) -> Result<ResultSchema> {
        agree(files)
    }

    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        _options: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        if file.size == 0 {
            return Ok(Box::pin(futures::stream::empty()));
        }
        let (header, window) = Window::open(file, storage).await?;
        let file_schema = self.schemas.parse(&file.location, &header.schema)?;
        check_columns(&file.location, &file_schema.columns, schema)?;
        let start = part.start.max(header.len);
        let end = part.end.min(file.size).max(start);
        let ready = window.ready(start, end);
        let rest_at = start + ready.len() as u64;
        let rest =
            if rest_at < end { Some(storage.stream(&file.location, rest_at..end).await?) } else { None };
        let decoder = PartDecoder {
            bytes: PartBytes::new(&file.location, start, end, ready, rest),
            file: file.location.clone(),
            header,
            schema: file_schema,
            columns: Arc::clone(schema),
            first_row: part.first_row,
            batch_rows,
        };
        Ok(decode_stream(&file.location, move |sender| decoder.run(sender)))
    }

    async fn create(
        &self,
        schema: &SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        Ok(Box::new(EncodedFile::new(AvroEncoder::new(schema, options)?, writer)))
    }
}

/// Text columns whose values may be UUIDs of 16 bytes: all of them, where the schema has such a type at all.
fn disguised(json: &str, columns: &SchemaRef) -> Vec<String> {
    let has_uuids = serde_json::from_str(json).is_ok_and(|schema| has_binary_uuid(&schema));
    let texts = columns.fields().iter().filter(|field| has_uuids && field.data_type().is_string());
    texts.map(|field| field.name().clone()).collect()
}

fn has_binary_uuid(schema: &serde_json::Value) -> bool {
    match schema {
        serde_json::Value::Array(parts) => parts.iter().any(has_binary_uuid),
        serde_json::Value::Object(parts) => {
            let is_uuid = |at: &str, word: &str| parts.get(at).is_some_and(|value| value == word);
            (is_uuid("type", "fixed") && is_uuid("logicalType", "uuid"))
                || parts.values().any(has_binary_uuid)
        }
        _ => false,
    }
}
