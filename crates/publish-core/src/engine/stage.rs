//! Staging: the results, re-encoded to where the target can load them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use futures::StreamExt;

use crate::{
    BatchWriter, ColumnMapping, Error, ErrorKind, FileMeta, Format, Location, Prepared, Progress, Registry,
    Result, ResultBatch, Retry, RunContext, SourceRows, StageFiles, Storage, Storages,
};

/// Rows between two events of progress.
const PROGRESS_ROWS: u64 = 100_000;

/// Writes the results as `stage` says. Files that an earlier try left are removed first.
pub(super) async fn stage_files(
    stage: &StageFiles,
    registry: &Registry,
    context: &RunContext,
) -> Result<Prepared> {
    remove_files(&stage.folder, context.storages()).await?;
    let mut staging = Staging {
        stage,
        format: registry.format(stage.format)?,
        storage: context.storages().at(&stage.folder)?,
        read: read_schema(&stage.mapping),
        written: written_schema(stage),
        open: None,
        files: Vec::new(),
        origins: Vec::new(),
    };
    let mut batches = context.batches(&stage.mapping)?;
    let total = context.expected_rows();
    let (mut rows, mut told) = (0, 0);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        rows += batch.batch.num_rows() as u64;
        staging.write(&batch).await?;
        if rows - told >= PROGRESS_ROWS {
            told = rows;
            context.progress(Progress::new(rows, staging.bytes()).of(total, None));
        }
    }
    let (files, origins) = staging.finish().await?;
    Ok(Prepared::files(rows, files).with_origins(origins))
}

/// Removes `folder` with everything in it.
pub(super) async fn remove_files(folder: &Location, storages: &Storages) -> Result<()> {
    storages.at(folder)?.delete_folder(folder).await
}

/// The schema of what is read: the table's names, the types that were read.
fn read_schema(mapping: &ColumnMapping) -> SchemaRef {
    let fields = mapping.columns().iter().map(|mapped| {
        let field = mapping.read_schema().field(mapped.source);
        field.clone().with_name(&mapped.column.name)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The schema of the staged files: the same columns in the types that are written.
fn written_schema(stage: &StageFiles) -> SchemaRef {
    let read = read_schema(&stage.mapping);
    let Some(types) = &stage.write_as else { return read };
    let fields = read.fields().iter().zip(types);
    let fields = fields.map(|(field, written)| field.as_ref().clone().with_data_type(written.clone()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

struct Staging<'a> {
    stage: &'a StageFiles,
    format: &'a Arc<dyn Format>,
    storage: &'a Arc<dyn Storage>,
    read: SchemaRef,
    written: SchemaRef,
    open: Option<Box<dyn BatchWriter>>,
    files: Vec<FileMeta>,
    /// Which rows each file holds, that which is open too.
    origins: Vec<Vec<SourceRows>>,
}

impl Staging<'_> {
    async fn write(&mut self, rows: &ResultBatch) -> Result<()> {
        self.stage.limits.iter().try_for_each(|limit| limit.check(rows))?;
        let batch = &rows.batch;
        let columns =
            self.stage.mapping.columns().iter().map(|mapped| Arc::clone(batch.column(mapped.source)));
        let batch = RecordBatch::try_new(Arc::clone(&self.read), columns.collect()).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "A batch does not have the schema it was read with")
                .with_source(error)
        })?;
        let mut writer = match self.open.take() {
            Some(writer) => writer,
            None => self.start_file().await?,
        };
        self.note_origin(rows);
        writer.write(batch).await?;
        if writer.bytes_written() >= self.stage.max_file_bytes {
            self.files.push(writer.finish().await?);
        } else {
            self.open = Some(writer);
        }
        Ok(())
    }

    // Not by a shared reference: a writer is not `Sync`, and the future of a publish has to be `Send`.
    async fn start_file(&mut self) -> Result<Box<dyn BatchWriter>> {
        self.origins.push(Vec::new());
        let name = self.stage.file_name(self.files.len());
        let writer = self.storage.create(&self.stage.folder.join(&name)?).await?;
        self.format.create(&self.written, &self.stage.options, writer).await
    }

    /// Notes which rows go into the file that is open.
    fn note_origin(&mut self, rows: &ResultBatch) {
        let count = rows.batch.num_rows() as u64;
        let Some(origins) = self.origins.last_mut() else { return };
        let is_noted = origins.last_mut().is_some_and(|last| last.extend(&rows.file, rows.first_row, count));
        if !is_noted {
            origins.push(SourceRows::new(rows.file.clone(), rows.first_row, count));
        }
    }

    fn bytes(&self) -> u64 {
        let finished: u64 = self.files.iter().map(|file| file.size).sum();
        finished + self.open.as_ref().map_or(0, |writer| writer.bytes_written())
    }

    async fn finish(mut self) -> Result<(Vec<FileMeta>, Vec<Vec<SourceRows>>)> {
        // A result set without rows is staged as one file without rows, so that its columns are there to load.
        if self.open.is_none() && self.files.is_empty() {
            self.open = Some(self.start_file().await?);
        }
        if let Some(writer) = self.open.take() {
            self.files.push(writer.finish().await?);
        }
        Ok((self.files, self.origins))
    }
}

/// Fails where a step staged other rows than there are.
pub(super) fn check_rows(prepared: &Prepared, expected: Option<u64>) -> Result<()> {
    match (prepared.row_count, expected) {
        (Some(staged), Some(expected)) if staged != expected => Err(Error::new(
            ErrorKind::BadData,
            "The step staged other rows than the files hold; they may have changed, publish again",
        )
        .with_retry(Retry::Never)
        .with_context("staged", staged)
        .with_context("files hold", expected)),
        _ => Ok(()),
    }
}
