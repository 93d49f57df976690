//! Finds what a JSON file holds, in one pass.

use std::sync::Arc;

use arrow_schema::Schema;
use publish_core::{FileInspection, FileMeta, FormatOptions, Result};

use super::builder::Misread;
use super::decode::fault_of;
use super::parser::Parser;
use super::records::RecordReader;
use super::shape::{MAX_KEYS, ObjectShape};
use crate::compression::decompress;
use crate::infer::no_schema;
use crate::input::{FileBytes, from_io};
use crate::text::{Parts, ReadError, TextBuffer};

/// Reads a file and tells its columns, rows and parts. Blocks.
pub(super) fn inspect(bytes: FileBytes, file: &FileMeta, options: &FormatOptions) -> Result<FileInspection> {
    let mut found = FileInspection::new(file.clone(), None);
    read(bytes, options, &mut found).map_err(|error| error.in_whole(file))?;
    Ok(found)
}

fn read(bytes: FileBytes, options: &FormatOptions, found: &mut FileInspection) -> Result<(), ReadError> {
    let opened = decompress(bytes).map_err(|error| from_io(error, "The file can't be decompressed"))?;
    let is_compressed = opened.compression.is_some();
    let mut records = RecordReader::new(TextBuffer::new(opened.text, 0))?;
    let mut parts = Parts::new(is_compressed || records.is_array(), found.file.size);
    let limit = options.infer_records.filter(|_| options.schema.is_none()).unwrap_or(u64::MAX);
    let mut object = ObjectShape::default();
    let mut rows: u64 = 0;
    let is_whole = loop {
        if rows >= limit {
            break false;
        }
        if !records.advance()? {
            break true;
        }
        rows += 1;
        parts.reach(records.position(), rows);
        if options.schema.is_none() {
            let mut parser = Parser::new(records.text());
            let added = object.add(&mut parser, 0, MAX_KEYS);
            added
                .and_then(|()| parser.end().map_err(Misread::Syntax))
                .map_err(|misread| fault_of(&records, misread))?;
            if object.len() > MAX_KEYS {
                return Err(records
                    .fault("The records have more than 32,768 keys; publish fewer columns")
                    .into());
            }
        }
    };
    if is_whole {
        found.row_count = Some(rows);
        found.parts = parts.finish(rows);
    }
    if rows == 0 {
        return Ok(());
    }
    match &options.schema {
        Some(schema) => found.schema = Some(Arc::clone(schema)),
        None => {
            // Widths are by place, and another file may have its keys in another order. The schema keeps them by name.
            notes(&object, &mut found.notes);
            found.schema = Some(Arc::new(Schema::new(object.to_fields())));
        }
    }
    Ok(())
}

/// The shape of all files' records.
///
/// # Errors
/// [`BadData`](publish_core::ErrorKind::BadData) if no file tells one.
pub(super) fn merge(files: &[FileInspection]) -> Result<ObjectShape> {
    let mut schemas = files.iter().filter_map(|file| file.schema.as_ref()).peekable();
    if schemas.peek().is_none() {
        return Err(no_schema(files));
    }
    let mut object = ObjectShape::default();
    for schema in schemas {
        object.merge(ObjectShape::of_fields(schema.fields()));
    }
    Ok(object)
}

fn notes(object: &ObjectShape, notes: &mut Vec<String>) {
    for (name, shape) in object.shapes() {
        if shape.is_mixed() {
            notes.push(format!(
                "column {name} has values of several kinds; all but its strings are kept as JSON text"
            ));
        }
        if shape.has_shifted_moments() {
            notes.push(format!(
                "timestamps of column {name} have offsets; read as timestamps they are brought to UTC"
            ));
        }
    }
}
