//! From a source to a result set: which files, which columns, how many rows.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use crate::{
    DataFile, Error, FileInspection, FileMeta, Format, Result, ResultSchema, ResultSet, publish_names,
};

use super::files::find_files;
use super::publish::Publish;

/// Finds and inspects the files of a request. Reads only.
pub(super) async fn resolve(publish: &Publish<'_>) -> Result<ResultSet> {
    let request = publish.request;
    let source = &request.source;
    let found = find_files(source, &publish.storages).await?;
    let format = publish.engine.registry.format(found.format)?;
    let inspections = inspect(publish, format, found.files).await?;

    let mut notes = found.notes;
    let empty = inspections.iter().filter(|file| file.schema.is_none()).count();
    if empty > 0 && empty < inspections.len() {
        notes.push(format!("{empty} file(s) hold nothing at all and were passed over"));
    }
    for note in inspections.iter().flat_map(|file| &file.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }

    let schema = format.unify(&inspections, &source.options)?;
    let names = schema.source().fields().iter().map(|field| field.name().as_str());
    let names = publish_names(names, request.options.column_naming)?;
    notes.extend(renamed(&schema, &names));
    let schema = match widths(&inspections) {
        Some(widths) => schema.with_max_bytes(&widths),
        None => schema,
    };

    let files = inspections.into_iter().filter(|file| file.schema.is_some()).map(data_file).collect();
    let mut results = ResultSet::new(schema.with_names(names)?, format.format(), files);
    results.options = source.options.clone();
    results.notes = notes;
    Ok(results)
}

async fn inspect(
    publish: &Publish<'_>,
    format: &Arc<dyn Format>,
    files: Vec<FileMeta>,
) -> Result<Vec<FileInspection>> {
    let options = &publish.request.source.options;
    futures::stream::iter(files)
        .map(|file| async move {
            let storage = publish.storages.at(&file.location)?;
            format.inspect(&file, options, storage).await.map_err(|error| naming_file(error, &file))
        })
        .buffered(publish.engine.settings.inspect_lanes.max(1))
        .try_collect()
        .await
}

/// An error about a file names it, whoever wrote it.
fn naming_file(error: Error, file: &FileMeta) -> Error {
    let is_named = error.context().iter().any(|(key, _)| matches!(*key, "file" | "location"));
    if is_named { error } else { error.with_context("file", &file.location) }
}

fn data_file(inspection: FileInspection) -> DataFile {
    let mut file = DataFile::new(inspection.file, inspection.row_count);
    file.schema = inspection.schema;
    file.parts = inspection.parts;
    file.facts = inspection.facts;
    file
}

/// The longest value of each column over all files, if each file tells.
fn widths(files: &[FileInspection]) -> Option<Vec<Option<u64>>> {
    let mut widths: Option<Vec<Option<u64>>> = None;
    for file in files.iter().filter(|file| file.schema.is_some()) {
        let file = file.widths.as_ref()?;
        match &mut widths {
            None => widths = Some(file.clone()),
            Some(widths) => {
                for (longest, width) in widths.iter_mut().zip(file) {
                    *longest = (*longest).max(*width);
                }
            }
        }
    }
    widths
}

fn renamed(schema: &ResultSchema, names: &[String]) -> Vec<String> {
    let columns = schema.columns().iter().zip(names);
    columns
        .filter(|(column, name)| column.field.name() != *name)
        .map(|(column, name)| format!("column {:?} is published as {name}", column.field.name()))
        .collect()
}
