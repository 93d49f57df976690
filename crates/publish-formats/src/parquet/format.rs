//! Parquet as a format of results.

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

use super::columns::FileColumns;
use super::decode::PartDecoder;
use super::footer::{parts, read_footer};
use super::write::ParquetEncoder;

/// Reads and writes Parquet, with every compression and encoding that Parquet has.
///
/// | Parquet | Arrow |
/// | --- | --- |
/// | UUID | Utf8, with hyphens and in lower case |
/// | INT96 | Timestamp in microseconds without a zone; digits below are refused |
/// | TIMESTAMP | Timestamp of that unit, in UTC if it is adjusted to it |
/// | DECIMAL | Decimal128 up to 38 digits, Decimal256 up to 76 |
/// | FLOAT16 | Float32 |
/// | LIST, MAP, groups | List, Map, Struct |
///
/// What a writer's own Arrow schema says beside Parquet's is left aside.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParquetFormat;

impl ParquetFormat {
    /// Creates the format.
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Format for ParquetFormat {
    fn format(&self) -> FileFormat {
        FileFormat::Parquet
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
        let footer = read_footer(file, storage).await?;
        let columns = FileColumns::of(&file.location, &footer)?;
        found.facts.disguised = columns.disguised();
        found.schema = Some(columns.canonical);
        found.row_count = u64::try_from(footer.file_metadata().num_rows()).ok();
        found.parts = parts(&footer);
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
        let footer = read_footer(file, storage).await?;
        let own = FileColumns::of(&file.location, &footer)?;
        check_columns(&file.location, &own.canonical, schema)?;
        let group = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(footer.num_row_groups());
        let decoder = PartDecoder {
            file: file.clone(),
            storage: Arc::clone(storage),
            own,
            columns: Arc::clone(schema),
            groups: group(part.start)..group(part.end),
            footer,
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
        Ok(Box::new(EncodedFile::new(ParquetEncoder::new(schema, options)?, writer)))
    }
}
