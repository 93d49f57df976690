//! A format, a storage, and what can be done with both.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use futures::{FutureExt, TryStreamExt};
use publish_core::{
    Error, ErrorKind, FileInspection, FileMeta, FilePart, Format, FormatOptions, Location, Result, Storage,
    WriteOptions,
};

use crate::violation::Rule;
use crate::{Checked, Violation};

/// Rows of a batch where a rule does not ask for others.
const BATCH_ROWS: usize = 1024;

/// How long reading a small file may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A format to be judged, and where its files are written meanwhile.
#[derive(Debug)]
pub struct FormatBench<'a> {
    pub(super) format: &'a dyn Format,
    pub(super) storage: Arc<dyn Storage>,
    scratch: Location,
}

impl<'a> FormatBench<'a> {
    /// Takes a format, a storage that keeps its contract, and an empty folder in it.
    ///
    /// # Errors
    /// That `scratch` is no address.
    pub fn new(format: &'a dyn Format, storage: Arc<dyn Storage>, scratch: &str) -> Checked<Self> {
        let scratch = Rule("FormatBench").works("the address", Location::parse(scratch))?;
        Ok(Self { format, storage, scratch })
    }

    /// The same on another storage.
    pub(super) fn on(&self, storage: Arc<dyn Storage>) -> Self {
        Self { format: self.format, storage, scratch: self.scratch.clone() }
    }

    pub(super) fn is_text(&self) -> bool {
        self.format.format().is_text()
    }

    /// The address of a file of a rule.
    pub(super) fn at(&self, rule: Rule, name: &str) -> Checked<Location> {
        let name = format!("{}/{name}.{}", rule.0, self.format.format());
        rule.works("naming a file", self.scratch.join(&name))
    }

    /// Puts bytes in a file, in place of one that is there.
    pub(super) async fn put(&self, rule: Rule, at: &Location, bytes: Bytes) -> Checked<FileMeta> {
        let put = async {
            self.storage.delete(at).await?;
            let mut writer = self.storage.create(at).await?;
            writer.write(bytes).await?;
            writer.finish().await
        };
        rule.works("putting a file", put.await)
    }

    pub(super) async fn bytes(&self, rule: Rule, file: &FileMeta) -> Checked<Bytes> {
        rule.works("reading the bytes", self.storage.read(&file.location, 0..file.size).await)
    }

    /// Writes a file of batches, without compression.
    pub(super) async fn write(
        &self,
        at: &Location,
        schema: &SchemaRef,
        batches: &[RecordBatch],
        group_rows: usize,
    ) -> Result<FileMeta> {
        let mut options = WriteOptions::default();
        options.compression = None;
        options.group_rows = group_rows;
        let writer = self.storage.create(at).await?;
        let mut writer = self.format.create(schema, &options, writer).await?;
        for batch in batches {
            writer.write(batch.clone()).await?;
        }
        writer.finish().await
    }

    pub(super) async fn inspect(&self, file: &FileMeta) -> Result<FileInspection> {
        self.format.inspect(file, &FormatOptions::default(), &self.storage).await
    }

    /// The schema that a file's columns are published with.
    pub(super) fn unify(&self, inspection: &FileInspection) -> Result<SchemaRef> {
        let schema = self.format.unify(std::slice::from_ref(inspection), &FormatOptions::default())?;
        Ok(Arc::clone(schema.source()))
    }

    pub(super) async fn read_part(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        batch_rows: usize,
    ) -> Result<Vec<RecordBatch>> {
        let options = FormatOptions::default();
        let batches = self.format.open(file, part, schema, &options, batch_rows, &self.storage).await?;
        batches.try_collect().await
    }

    /// Reads a file part by part: as `schema`, or as its own columns say.
    pub(super) async fn read(&self, file: &FileMeta, schema: Option<&SchemaRef>) -> Result<Vec<RecordBatch>> {
        let inspection = self.inspect(file).await?;
        if inspection.schema.is_none() {
            return Ok(Vec::new());
        }
        let schema = match schema {
            Some(schema) => Arc::clone(schema),
            None => self.unify(&inspection)?,
        };
        let mut batches = Vec::new();
        for part in &inspection.parts {
            batches.extend(self.read_part(file, part, &schema, BATCH_ROWS).await?);
        }
        Ok(batches)
    }

    /// Reads a file that is broken: neither a panic nor a hang is an answer, and an error is one about the file.
    pub(super) async fn read_broken(
        &self,
        rule: Rule,
        what: &str,
        file: &FileMeta,
        schema: Option<&SchemaRef>,
    ) -> Checked<Option<Vec<RecordBatch>>> {
        let read = AssertUnwindSafe(self.read(file, schema)).catch_unwind();
        match tokio::time::timeout(PATIENCE, read).await {
            Err(_) => Err(Violation::new(rule.0, format!("{what}: reading it does not end"))),
            Ok(Err(_)) => Err(Violation::new(rule.0, format!("{what}: reading it panics"))),
            Ok(Ok(Ok(batches))) => Ok(Some(batches)),
            Ok(Ok(Err(error))) => {
                is_about(rule, what, &error, file)?;
                Ok(None)
            }
        }
    }
}

/// Fails unless the error says that this file's data is bad.
pub(super) fn is_about(rule: Rule, what: &str, error: &Error, file: &FileMeta) -> Checked {
    let is_kind =
        matches!(error.kind(), ErrorKind::BadData | ErrorKind::Unsupported | ErrorKind::SchemaMismatch);
    rule.holds(is_kind, || format!("{what}: the error is not about data: {error:?}"))?;
    let names = error.context().iter().any(|(_, value)| value == file.location.as_str());
    rule.holds(names, || format!("{what}: the error does not name the file: {error:?}"))
}
