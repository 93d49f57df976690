//! One schema for all files of a format that tells its types.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use publish_core::{
    Error, ErrorKind, FileInspection, Location, Result, ResultSchema, stored_as, with_stored_as,
};

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
    let field = || Field::new(left.name(), data_type, is_nullable);
    (left.name() == right.name())
        .then(|| with_stored_as(field(), stored_as(left).into_iter().chain(stored_as(right))))
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

#[cfg(test)]
mod tests {
    use publish_core::FileMeta;

    use super::*;

    fn file(name: &str, columns: &[(&str, DataType, bool)]) -> FileInspection {
        let fields = columns.iter().map(|(name, kind, nullable)| Field::new(*name, kind.clone(), *nullable));
        let meta = FileMeta::new(Location::parse(&format!("mem://f/{name}")).unwrap(), 1);
        FileInspection::new(meta, Some(Arc::new(Schema::new(fields.collect::<Fields>()))))
    }

    fn list(item: DataType, nullable: bool) -> DataType {
        DataType::List(Arc::new(Field::new("item", item, nullable)))
    }

    #[test]
    fn a_column_may_hold_nulls_if_it_may_in_any_file() {
        let files = [
            file("a", &[("id", DataType::Int64, false), ("list", list(DataType::Utf8, false), false)]),
            file("b", &[("id", DataType::Int64, true), ("list", list(DataType::Utf8, true), false)]),
            file("c", &[("id", DataType::Int64, false), ("list", list(DataType::Utf8, false), false)]),
        ];
        let agreed = agree(&files).unwrap();
        assert_eq!(Some(agreed.source()), files[1].schema.as_ref());
    }

    #[test]
    fn all_differences_of_a_file_are_told_at_once() {
        let files = [
            file(
                "a",
                &[
                    ("id", DataType::Int64, false),
                    ("name", DataType::Utf8, true),
                    ("x", DataType::Utf8, true),
                ],
            ),
            file(
                "b",
                &[
                    ("id", DataType::Int32, false),
                    ("Name", DataType::Utf8, true),
                    ("x", DataType::Utf8, true),
                ],
            ),
        ];
        let error = agree(&files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        let expected = [
            ("file", "mem://f/b".to_owned()),
            ("columns", "id is Int32, not Int64; name is missing; Name is not expected".to_owned()),
            ("expected as in", "mem://f/a".to_owned()),
        ];
        assert_eq!(error.context(), expected);
    }

    #[test]
    fn another_order_and_a_long_list_are_told_in_short() {
        let names = (0..30).map(|index| format!("c{index}")).collect::<Vec<_>>();
        let columns = names.iter().map(|name| (name.as_str(), DataType::Int64, false)).collect::<Vec<_>>();
        let reversed = columns.iter().rev().cloned().collect::<Vec<_>>();
        let error = agree(&[file("a", &columns), file("b", &reversed)]).unwrap_err();
        let told = &error.context()[1].1;
        assert!(told.starts_with("c0 is column 30, not 1; "), "{told}");
        assert!(told.ends_with("; and 20 more"), "{told}");
    }

    #[test]
    fn files_that_tell_nothing_are_passed_over_unless_all_do() {
        let mut silent = file("empty", &[]);
        silent.schema = None;
        let told = file("a", &[("id", DataType::Int64, false)]);
        assert_eq!(Some(agree(&[silent.clone(), told.clone()]).unwrap().source()), told.schema.as_ref());
        assert_eq!(agree(&[silent]).unwrap_err().kind(), ErrorKind::BadData);
    }

    #[test]
    fn a_file_that_changed_after_the_plan_is_not_read() {
        let planned = file("a", &[("id", DataType::Int64, true)]).schema.unwrap();
        let same = file("a", &[("id", DataType::Int64, false)]).schema.unwrap();
        let other = file("a", &[("id", DataType::Utf8, false)]).schema.unwrap();
        let at = Location::parse("mem://f/a").unwrap();
        check_columns(&at, &same, &planned).unwrap();
        assert_eq!(check_columns(&at, &other, &planned).unwrap_err().kind(), ErrorKind::SchemaMismatch);
    }
}
