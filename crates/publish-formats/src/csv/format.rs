//! CSV as a [`Format`].

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use publish_core::{
    BatchStream, BatchWriter, FileFormat, FileInspection, FileMeta, FilePart, FileWriter, Format,
    FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};

use super::Dialect;
use super::decode::Decoder;
use super::inspect::{column, inspect};
use super::write::Records;
use crate::compression::Compression;
use crate::encoding::EncodedFile;
use crate::infer::{Profile, profile_of, same_columns, without_profile};
use crate::input::read_blocking;
use crate::text::{TextEncoder, part_stream};

/// Delimited text: RFC 4180 and its kin.
///
/// Reading:
/// - UTF-8 with or without a byte order mark, as it is or compressed by gzip, bzip2 or zstd, which the first bytes tell.
///   Records end at LF, CRLF or a CR alone; inside quotes these are text.
/// - An unquoted field that equals the null text is a null; a quoted one never is: `a,,b` holds a null, `a,"",b` an
///   empty string.
/// - Empty lines are passed over, but are a null each in a file of one column.
/// - A record of other than the first one's number of fields, text behind a closing quote, and a quote that is never
///   closed are errors. A record is at most 16 MiB long.
/// - Types are inferred from all values, and never lose a digit; see [`TEXT_TYPE_KEY`](publish_core::TEXT_TYPE_KEY).
///   Booleans are `true` and `false` in lower, upper or title case, one of the three a column. Bytes are pairs of
///   hexadecimal digits, nested values are JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvFormat;

#[async_trait]
impl Format for CsvFormat {
    fn format(&self) -> FileFormat {
        FileFormat::Csv
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let dialect = Dialect::new(options, file)?;
        let (meta, options) = (file.clone(), options.clone());
        read_blocking(storage, &file.location, 0..file.size, move |bytes| {
            inspect(bytes, &meta, dialect, &options)
        })
        .await
    }

    fn unify(&self, files: &[FileInspection], options: &FormatOptions) -> Result<ResultSchema> {
        if let Some(schema) = &options.schema {
            return Ok(ResultSchema::new(Arc::clone(schema)));
        }
        let schemas = same_columns(files)?;
        let mut profiles = vec![Profile::default(); schemas[0].fields().len()];
        for schema in &schemas {
            for (profile, field) in profiles.iter_mut().zip(schema.fields()) {
                profile.merge(&profile_of(field).unwrap_or_default());
            }
        }
        let fields = schemas[0].fields().iter().zip(&profiles);
        let fields: Vec<_> =
            fields.map(|(field, profile)| without_profile(&column(field.name(), profile))).collect();
        Ok(ResultSchema::new(Arc::new(Schema::new(fields))))
    }

    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        options: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        let dialect = Dialect::new(options, file)?;
        let (schema, start) = (Arc::clone(schema), part.start);
        Ok(part_stream(file, part, storage, move |bytes| {
            Decoder::new(bytes, start, dialect, schema, batch_rows.max(1))
        }))
    }

    async fn create(
        &self,
        schema: &SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        let compression = Compression::from_name(options.compression.as_deref())?;
        let encoder = TextEncoder::new(Records::new(schema, &options.null_text)?, compression)?;
        Ok(Box::new(EncodedFile::new(encoder, writer)))
    }
}
