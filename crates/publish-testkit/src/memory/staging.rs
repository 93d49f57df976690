//! Filling a table beside the real one.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::StreamExt;
use publish_core::{
    Error, ErrorKind, LoadSource, Prepared, Progress, Result, ResultBatchStream, RunContext, StageTable,
};

use super::types::{arrow_schema, shape};
use super::{Defect, MemoryTarget};

/// Creates the table of `stage` and fills it, batch by batch.
pub(super) async fn stage_table(
    target: &MemoryTarget,
    stage: &StageTable,
    run: &RunContext,
) -> Result<Prepared> {
    let is_kept = target.has(Defect::StagesTwice) && target.place().tables.contains_key(&stage.table);
    if !is_kept {
        target.place().put(&stage.table, stage.columns.clone(), Vec::new());
    }
    let rows = match stage.load {
        LoadSource::Results => load_results(target, stage, run).await?,
        LoadSource::Staged(step) => {
            let prepared =
                run.prepared(step).ok_or_else(|| fault("The step that stages files did not run"))?;
            load_files(target, stage, run, &prepared).await?
        }
        _ => return Err(fault("A staged table is loaded from results or from staged files")),
    };
    // A target that counts nothing says nothing, too.
    Ok(if target.has(Defect::CountsNothing) { Prepared::default() } else { Prepared::rows(rows) })
}

async fn load_results(target: &MemoryTarget, stage: &StageTable, run: &RunContext) -> Result<u64> {
    let mut batches: ResultBatchStream = run.batches(&stage.mapping)?;
    let schema = arrow_schema(&stage.columns)?;
    let place_of = |name: &str| {
        let mapped = stage.mapping.columns().iter().find(|mapped| mapped.column.name == name)?;
        Some(mapped.source)
    };
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = shape(&batch?.batch, &schema, place_of)?;
        rows += batch.num_rows() as u64;
        push(target, stage, batch)?;
        run.progress(Progress::new(rows, 0).of(run.expected_rows(), None));
    }
    Ok(rows)
}

async fn load_files(
    target: &MemoryTarget,
    stage: &StageTable,
    run: &RunContext,
    prepared: &Prepared,
) -> Result<u64> {
    let format = target.staging_format().ok_or_else(|| fault("The target stages no files"))?;
    let schema = arrow_schema(&stage.columns)?;
    let options = publish_core::FormatOptions::default();
    let mut rows = 0;
    for file in &prepared.files {
        let storage = run.storages().at(&file.location)?;
        let found = format.inspect(file, &options, storage).await?;
        let Some(own) = found.schema.clone() else { continue };
        for part in &found.parts {
            run.check_cancelled()?;
            let mut batches = format.open(file, part, &own, &options, 8192, storage).await?;
            while let Some(batch) = batches.next().await {
                let batch = shape(&batch?, &schema, |name| own.index_of(name).ok())?;
                rows += batch.num_rows() as u64;
                push(target, stage, batch)?;
            }
        }
    }
    Ok(rows)
}

fn push(target: &MemoryTarget, stage: &StageTable, batch: RecordBatch) -> Result<()> {
    let mut place = target.place();
    let change = place.next_change();
    let staged = place
        .tables
        .get_mut(&stage.table)
        .ok_or_else(|| fault("The staged table was removed while it was filled"))?;
    staged.batches.push(batch);
    staged.version = change;
    Ok(())
}

fn fault(message: &str) -> Error {
    Error::new(ErrorKind::Unexpected, message)
}

/// The rows of a staged table in the shape of the real one.
pub(super) fn reshape(
    batches: &[RecordBatch],
    table: &publish_core::TableSchema,
) -> Result<Vec<RecordBatch>> {
    let schema = arrow_schema(table)?;
    batches
        .iter()
        .map(|batch| {
            let own = batch.schema();
            shape(batch, &Arc::clone(&schema), |name| own.index_of(name).ok())
        })
        .collect()
}

/// One row without values.
pub(super) fn row_of_nulls(table: &publish_core::TableSchema) -> Result<RecordBatch> {
    let schema = arrow_schema(table)?;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(1));
    let nothing = Arc::new(arrow_schema::Schema::empty());
    let empty = RecordBatch::try_new_with_options(nothing, Vec::new(), &options)
        .map_err(|error| fault("A row without columns can't be made").with_source(error))?;
    shape(&empty, &schema, |_| None)
}
