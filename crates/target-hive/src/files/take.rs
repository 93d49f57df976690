//! The step that takes the job's files as they are.

use futures::StreamExt;
use publish_core::{
    ErrorKind, FileMeta, Location, Prepared, Progress, Result, ResultSet, RunContext, WriteOptions,
};
use publish_formats::join_files;
use serde::{Deserialize, Serialize};

use super::consume::move_files;
use super::copy::copy_files;
use super::notes::writer_notes;
use super::proof::{format_of, prove_rows};

/// Takes the job's files as they are into a folder: each as a copy, each itself, or all as one file.
///
/// Where they can't be one because their headers differ, as those of two writers may, their rows are decoded and encoded
/// in the same types. The rows of what was written are counted by its own headers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TakeFiles {
    /// Where they go. Its last part carries the run's id; what is in it is removed first.
    pub folder: Location,
    /// How their names begin. A number and the format's ending follow.
    pub file_stem: String,
    /// Whether all become one file, so that one rename adds them.
    pub as_one: bool,
    /// Whether files that stay as many as they are are moved instead of copied.
    #[serde(default)]
    pub consumes: bool,
}

impl TakeFiles {
    /// The name by which a plan's step knows it.
    pub const NAME: &'static str = "hive.takeFiles";

    /// Takes files into `folder`, under names that begin with `file_stem`.
    pub fn new(folder: Location, file_stem: impl Into<String>, as_one: bool) -> Self {
        Self { folder, file_stem: file_stem.into(), as_one, consumes: false }
    }

    /// Moves files instead of copying them. All must be on the filesystem of the folder.
    #[must_use]
    pub fn with_consuming(mut self, consumes: bool) -> Self {
        self.consumes = consumes;
        self
    }

    /// Whether all files become another one: what is joined is copied.
    pub(crate) fn joins(&self, results: &ResultSet) -> bool {
        self.as_one && results.files.len() != 1
    }

    /// The name of the file of this number, from 0.
    pub fn file_name(&self, number: usize, results: &ResultSet) -> String {
        format!("{}-{number:05}.{}", self.file_stem, results.format)
    }

    /// Carries the step out: copies that an earlier try of it left are removed first.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if a file is damaged, changed meanwhile, or holds other rows than it did;
    /// [`Cancelled`](ErrorKind::Cancelled); those of the storages.
    pub async fn carry_out(&self, run: &RunContext) -> Result<Prepared> {
        let results = run.reader()?.results();
        let sources = results.files.iter().map(|file| file.meta.clone()).collect::<Vec<_>>();
        let moves = sources.iter().cloned().enumerate();
        let moves = moves
            .map(|(number, file)| Ok((file, self.folder.join(&self.file_name(number, results))?)))
            .collect::<Result<Vec<_>>>()?;
        let storage = run.storages().at(&self.folder)?;
        let files = if self.joins(results) {
            storage.delete_folder(&self.folder).await?;
            vec![self.join(&sources, results, run).await?]
        } else if self.consumes {
            // What an earlier try moved are the job's own files.
            move_files(&self.folder, &moves, run).await?
        } else {
            storage.delete_folder(&self.folder).await?;
            copy_files(&moves, run).await?
        };
        let rows = match results.row_count() {
            Some(expected) => {
                prove_rows(results.format, &files, expected, run.storages()).await?;
                expected
            }
            None => super::proof::count_rows(results.format, &files, run.storages()).await?,
        };
        Ok(Prepared::files(rows, files))
    }

    async fn join(&self, sources: &[FileMeta], results: &ResultSet, run: &RunContext) -> Result<FileMeta> {
        let at = self.folder.join(&self.file_name(0, results))?;
        let storage = run.storages().at(&at)?;
        let total = sources.iter().map(|file| file.size).sum();
        let progress = |bytes| run.progress(Progress::new(0, bytes).of(None, Some(total)));
        let joining =
            join_files(results.format, sources, run.storages(), storage.create(&at).await?, &progress);
        let joined = tokio::select! {
            biased;
            () = run.cancelled() => Err(RunContext::cancelled_error()),
            joined = joining => joined,
        };
        match joined {
            Ok(joined) => Ok(joined.file),
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                tracing::info!(run = %run.run(), error = %error, "the files are encoded anew to make one of them");
                encode(&at, results, run).await
            }
            Err(error) => Err(error),
        }
    }
}

/// Writes all rows into one file, in the types of the files. Hive reads these types right: so `decide` found.
async fn encode(at: &Location, results: &ResultSet, run: &RunContext) -> Result<FileMeta> {
    let schema = results.schema.source();
    let mut options = WriteOptions::default();
    options.notes = writer_notes(results.format);
    let writer = run.storages().at(at)?.create(at).await?;
    let mut writer = format_of(results.format)?.create(schema, &options, writer).await?;
    let mut batches = run.reader()?.batches(schema, run.cancel());
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        rows += batch.batch.num_rows() as u64;
        writer.write(batch.batch.clone()).await?;
        run.progress(Progress::new(rows, writer.bytes_written()).of(results.row_count(), None));
    }
    writer.finish().await
}
