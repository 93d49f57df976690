//! The results to publish.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde::Serialize;

use crate::{FileFacts, FileFormat, FileMeta, FilePart, FormatOptions, ResultSchema};

/// One file of the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DataFile {
    /// Where and how big.
    pub meta: FileMeta,
    /// Its own columns: what the file itself says.
    #[serde(skip)]
    pub schema: Option<SchemaRef>,
    /// Rows in it, where they were counted.
    pub row_count: Option<u64>,
    /// Parts that can be decoded side by side, in order.
    #[serde(skip)]
    pub parts: Vec<FilePart>,
    /// What else is known of it.
    #[serde(skip)]
    pub facts: FileFacts,
}

impl DataFile {
    /// Creates a file of known place, size and rows, in one part.
    pub fn new(meta: FileMeta, row_count: Option<u64>) -> Self {
        let parts = vec![FilePart::new(0, meta.size, Some(0))];
        Self { meta, schema: None, row_count, parts, facts: FileFacts::default() }
    }
}

/// The results to publish: a schema and the files that hold them. Immutable and cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResultSet {
    /// Shape of every file.
    pub schema: ResultSchema,
    /// Their format.
    pub format: FileFormat,
    /// How text is written in them.
    pub options: FormatOptions,
    /// The files, in the order in which their rows are loaded.
    pub files: Arc<[DataFile]>,
    /// What a reader of the plan should know, such as files that were passed over.
    pub notes: Vec<String>,
}

impl ResultSet {
    /// Creates a result set of one schema and its files.
    pub fn new(schema: ResultSchema, format: FileFormat, files: Vec<DataFile>) -> Self {
        Self { schema, format, options: FormatOptions::default(), files: files.into(), notes: Vec::new() }
    }

    /// Rows in all files, if each was counted.
    pub fn row_count(&self) -> Option<u64> {
        self.files.iter().map(|file| file.row_count).sum()
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.meta.size).sum()
    }
}
