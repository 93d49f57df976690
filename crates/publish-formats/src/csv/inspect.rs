//! Finds what a CSV file holds, in one pass.

use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use publish_core::{Error, ErrorKind, FileInspection, FileMeta, FormatOptions, Result};

use super::{Dialect, RecordReader};
use crate::compression::{Compression, decompress};
use crate::infer::{Profile, with_profile};
use crate::input::{FileBytes, from_io};
use crate::text::{Parts, ReadError, TextBuffer};

/// Records that are looked at together.
const BLOCK_ROWS: usize = 1024;

/// Reads a file and tells its columns, rows and parts. Blocks.
pub(super) fn inspect(
    bytes: FileBytes,
    file: &FileMeta,
    dialect: Dialect,
    options: &FormatOptions,
) -> Result<FileInspection> {
    let mut found = FileInspection::new(file.clone(), None);
    read(bytes, dialect, options, &mut found).map_err(|error| error.in_whole(file))?;
    Ok(found)
}

fn read(
    bytes: FileBytes,
    dialect: Dialect,
    options: &FormatOptions,
    found: &mut FileInspection,
) -> Result<(), ReadError> {
    let opened = decompress(bytes).map_err(|error| from_io(error, "The file can't be decompressed"))?;
    let is_compressed = opened.compression.is_some();
    found.facts.compression = Some(Compression::name_of(opened.compression).to_owned());
    let mut buffer = TextBuffer::new(opened.text, 0);
    buffer.skip_mark()?;
    let has_header = dialect.has_header;
    let declared = options.schema.as_ref().filter(|_| !has_header).map(|schema| schema.fields().len());
    let mut records = RecordReader::new(buffer, dialect, declared);
    let header = if has_header { records.read_header()? } else { None };
    if has_header && header.is_none() {
        found.row_count = Some(0);
        found.parts.clear();
        return Ok(());
    }
    if let (Some(schema), Some(names)) = (&options.schema, &header) {
        check_header(schema, names)?;
    }

    let limit = options.infer_records.filter(|_| options.schema.is_none()).unwrap_or(u64::MAX);
    let mut parts = Parts::new(is_compressed, found.file.size);
    let mut profiles = Vec::new();
    let (mut nulls, mut empty_texts) = (Vec::new(), Vec::new());
    let mut rows: u64 = 0;
    let mut is_whole = true;
    loop {
        if rows >= limit {
            is_whole = false;
            break;
        }
        let block =
            records.next_block(BLOCK_ROWS.min(usize::try_from(limit - rows).unwrap_or(BLOCK_ROWS)))?;
        if block == 0 {
            break;
        }
        parts.reach(records.position(), rows + block as u64);
        rows += block as u64;
        let width = records.width().unwrap_or(0);
        profiles.resize(width, Profile::default());
        nulls.resize(width, false);
        empty_texts.resize(width, false);
        let text = records.text();
        for (column, profile) in profiles.iter_mut().enumerate() {
            let (has_nulls, has_empty_texts) = (&mut nulls[column], &mut empty_texts[column]);
            let texts = records.column(text, column).inspect(|text| match text {
                None => *has_nulls = true,
                Some(text) => *has_empty_texts |= text.is_empty(),
            });
            let texts = texts.flatten();
            if options.schema.is_some() {
                texts.for_each(|text| profile.add_width(text.len()));
            } else {
                texts.for_each(|text| profile.add(text));
            }
        }
    }
    let Some(width) = records.width() else {
        found.row_count = Some(0);
        found.parts.clear();
        return Ok(());
    };
    profiles.resize(width, Profile::default());
    if is_whole {
        nulls.resize(width, false);
        empty_texts.resize(width, false);
        (found.facts.nulls, found.facts.empty_texts) = (Some(nulls), Some(empty_texts));
        found.row_count = Some(rows);
        found.widths = Some(profiles.iter().map(|profile| Some(profile.max_bytes())).collect());
        found.parts = parts.finish(rows);
    }
    found.schema = Some(match &options.schema {
        Some(schema) if rows > 0 || header.is_some() => Arc::clone(schema),
        Some(_) => return Ok(()),
        None => infer(header, &profiles, &mut found.notes),
    });
    Ok(())
}

/// The schema that the texts tell.
fn infer(header: Option<Vec<String>>, profiles: &[Profile], notes: &mut Vec<String>) -> SchemaRef {
    let names = header.unwrap_or_else(|| (1..=profiles.len()).map(|at| format!("column_{at}")).collect());
    let mut fields = Vec::new();
    for (name, profile) in names.iter().zip(profiles) {
        if profile.has_shifted_moments() {
            notes.push(format!("timestamps of column {name} are brought to UTC; their offsets are not kept"));
        }
        fields.push(column(name, profile));
    }
    Arc::new(Schema::new(fields))
}

/// The field of a column of such texts.
pub(super) fn column(name: &str, profile: &Profile) -> Field {
    let data_type = profile.data_type();
    let text_type = profile.text_type();
    with_profile(name, data_type, &text_type, profile)
}

/// Refuses a file whose header is not that of the declared schema.
pub(super) fn check_header(schema: &Schema, header: &[String]) -> Result<()> {
    if schema.fields().iter().map(|field| field.name()).eq(header) {
        return Ok(());
    }
    let expected: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    Err(Error::new(
        ErrorKind::SchemaMismatch,
        "The header has other columns than are expected; correct one of them",
    )
    .with_context("columns", header.join(", "))
    .with_context("expected", expected.join(", ")))
}
