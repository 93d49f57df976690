//! How files agree on their columns.

use arrow_schema::{Schema, SchemaRef};
use publish_core::{Error, ErrorKind, FileInspection, Result};

/// The files that tell a schema, once it is sure that all have the same columns in the same order.
///
/// # Errors
/// [`SchemaMismatch`](ErrorKind::SchemaMismatch) that names the file and its columns;
/// [`BadData`](ErrorKind::BadData) if no file tells a schema.
pub(crate) fn same_columns(files: &[FileInspection]) -> Result<Vec<&SchemaRef>> {
    let mut told = files.iter().filter_map(|file| Some((file, file.schema.as_ref()?)));
    let Some((first, schema)) = told.next() else { return Err(no_schema(files)) };
    let mut schemas = vec![schema];
    for (file, other) in told {
        if names(other) != names(schema) {
            return Err(Error::new(
                ErrorKind::SchemaMismatch,
                "The files do not have the same columns in the same order; publish them apart, or write them alike",
            )
            .with_context("file", &file.file.location)
            .with_context("columns", names(other).join(", "))
            .with_context("first file", &first.file.location)
            .with_context("its columns", names(schema).join(", ")));
        }
        schemas.push(other);
    }
    Ok(schemas)
}

/// That no file tells its columns.
pub(crate) fn no_schema(files: &[FileInspection]) -> Error {
    let error = Error::new(
        ErrorKind::BadData,
        "No file holds anything that tells its columns; give one that does, or a schema",
    );
    match files {
        [] => error,
        [file] => error.with_context("file", &file.file.location),
        [first, ..] => {
            error.with_context("files", files.len()).with_context("first file", &first.file.location)
        }
    }
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}
