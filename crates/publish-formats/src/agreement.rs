//! One schema for all files of a format that tells its types.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use publish_core::{Error, ErrorKind, FileInspection, Location, Result, ResultSchema};

/// Most differences that one error tells.
const TOLD_DIFFERENCES: usize = 10;

/// The schema that all files share: the same names and types in the same order. A column may hold nulls if it may in
/// any file.
///
/// # Errors
/// [`SchemaMismatch`](ErrorKind::SchemaMismatch), naming the file and the columns that differ from those of the first
/// file; [`BadData`](ErrorKind::BadData) if no file tells a schema.
pub(crate) fn agree(files: &[FileInspection]) -> Result<ResultSchema> {
    let mut told = files.iter().filter_map(|found| Some((&found.file.location, found.schema.as_ref()?)));
    let Some((first_file, first)) = told.next() else {
        let error = Error::new(ErrorKind::BadData, "The files are all empty, so nothing tells their columns");
        return Err(match files.first() {
            Some(found) => error.with_context("file", &found.file.location),
            None => error,
        });
    };
    let mut agreed = Arc::clone(first);
    for (file, schema) in told {
        if !Arc::ptr_eq(&agreed, schema) && agreed != *schema {
            agreed = join(&agreed, schema).ok_or_else(|| mismatch(first_file, first, file, schema))?;
        }
    }
    Ok(ResultSchema::new(agreed))
}

/// Checks that a file still has the columns it is read as, by position.
///
/// # Errors
/// [`SchemaMismatch`](ErrorKind::SchemaMismatch) if it has others.
pub(crate) fn check_columns(file: &Location, columns: &Schema, read: &Schema) -> Result<()> {
    let is_wider = |(own, read): (&Arc<Field>, &Arc<Field>)| {
        join_types(own.data_type(), read.data_type()).is_some_and(|joined| joined == *read.data_type())
    };
    let (own, asked) = (columns.fields(), read.fields());
    if own.len() == asked.len() && own.iter().zip(asked).all(is_wider) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaMismatch, "The file has other columns than planned; plan again")
        .with_context("file", file)
        .with_context("columns", differences(read, columns)))
}

/// The schema both fit, if they differ in where nulls may be alone.
fn join(left: &SchemaRef, right: &SchemaRef) -> Option<SchemaRef> {
    let fields = join_fields(left.fields(), right.fields())?;
    Some(if fields == *left.fields() { Arc::clone(left) } else { Arc::new(Schema::new(fields)) })
}

fn join_fields(left: &Fields, right: &Fields) -> Option<Fields> {
    if left.len() != right.len() {
        return None;
    }
    left.iter().zip(right).map(|(left, right)| join_field(left, right).map(Arc::new)).collect()
}

fn join_field(left: &Field, right: &Field) -> Option<Field> {
    let data_type = join_types(left.data_type(), right.data_type())?;
    let is_nullable = left.is_nullable() || right.is_nullable();
    (left.name() == right.name()).then(|| Field::new(left.name(), data_type, is_nullable))
}

fn join_types(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (DataType::List(left), DataType::List(right)) => {
            Some(DataType::List(Arc::new(join_item(left, right)?)))
        }
        (DataType::Struct(left), DataType::Struct(right)) => {
            Some(DataType::Struct(join_fields(left, right)?))
        }
        (DataType::Map(left, sorted), DataType::Map(right, is_sorted)) => {
            Some(DataType::Map(Arc::new(join_field(left, right)?), *sorted && *is_sorted))
        }
        _ => None,
    }
}

/// The items of lists have no names of their own, only those that their writers give them.
fn join_item(left: &Field, right: &Field) -> Option<Field> {
    let data_type = join_types(left.data_type(), right.data_type())?;
    Some(Field::new(left.name(), data_type, left.is_nullable() || right.is_nullable()))
}

fn mismatch(first_file: &Location, first: &Schema, file: &Location, schema: &Schema) -> Error {
    Error::new(ErrorKind::SchemaMismatch, "The files have different columns; publish each kind of file alone")
        .with_context("file", file)
        .with_context("columns", differences(first, schema))
        .with_context("expected as in", first_file)
}

/// What a person must know of how `schema` differs from `first`.
fn differences(first: &Schema, schema: &Schema) -> String {
    let mut differences = Vec::new();
    for (index, expected) in first.fields().iter().enumerate() {
        let name = expected.name();
        match schema.fields().find(name) {
            None => differences.push(format!("{name} is missing")),
            Some((_, found)) if join_field(expected, found).is_none() => {
                differences.push(format!("{name} is {}, not {}", found.data_type(), expected.data_type()));
            }
            Some((at, _)) if at != index && schema.fields().len() == first.fields().len() => {
                differences.push(format!("{name} is column {}, not {}", at + 1, index + 1));
            }
            Some(_) => {}
        }
    }
    for field in schema.fields() {
        if first.fields().find(field.name()).is_none() {
            differences.push(format!("{} is not expected", field.name()));
        }
    }
    if differences.is_empty() {
        differences.push("the columns repeat names in another way".to_owned());
    }
    let more = differences.len().saturating_sub(TOLD_DIFFERENCES);
    differences.truncate(TOLD_DIFFERENCES);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    differences.join("; ")
}
