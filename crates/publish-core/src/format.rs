//! How result files become Arrow batches, and batches become files.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use futures::Stream;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, FileMeta, FileWriter, Result, ResultSchema, Storage};

/// A stream of Arrow batches, all of one schema, in the order of the file's rows.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// File formats results come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FileFormat {
    /// Avro object container files.
    Avro,
    /// Parquet.
    #[serde(alias = "pqt")]
    Parquet,
    /// Delimited text.
    Csv,
    /// JSON: one value a line, or one array of values.
    Json,
}

impl FileFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Avro, Self::Parquet, Self::Csv, Self::Json];

    /// The name by which requests know it, and the ending of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avro => "avro",
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Guesses from a file's name: its ending, below one of a compression.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = [".gz", ".bz2", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "avro" => Some(Self::Avro),
            "parquet" | "pqt" => Some(Self::Parquet),
            "csv" | "tsv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            _ => None,
        }
    }

    /// Whether files carry no schema, so that a column's type is found by reading its values.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Json)
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FileFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "avro" => Ok(Self::Avro),
            "parquet" | "pqt" => Ok(Self::Parquet),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(Error::new(
                ErrorKind::InvalidRequest,
                "The input format is one of avro, pqt, csv and json",
            )
            .with_context("input format", name)),
        }
    }
}

/// How text files are written, and how a schema is found in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FormatOptions {
    /// CSV: the character between fields. A comma unless said, a tab in files that end in `.tsv`.
    pub delimiter: Option<char>,
    /// CSV: the character around fields that hold a delimiter, a quote or a line end. Default `"`.
    pub quote: char,
    /// CSV: the character before a quote inside a quoted field. Default none: the quote is doubled.
    pub escape: Option<char>,
    /// CSV: whether the first record names the columns. Default true; else they are `column_1`, `column_2`, …
    pub header: bool,
    /// CSV: the text that stands for null when it is not quoted. Default empty: `a,,b` holds a null, `a,"",b` an
    /// empty string.
    pub null_text: String,
    /// CSV, JSON: the columns' types. Given, nothing is inferred and a value that does not fit is an error.
    #[serde(skip)]
    pub schema: Option<SchemaRef>,
    /// CSV, JSON: how many records of each file to infer types from. Default all: a sample can guess wrong.
    pub infer_records: Option<u64>,
}

impl Default for FormatOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            quote: '"',
            escape: None,
            header: true,
            null_text: String::new(),
            schema: None,
            infer_records: None,
        }
    }
}

/// A part of a file that can be decoded on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FilePart {
    /// First byte that belongs to it. For Parquet the first row group's index instead.
    pub start: u64,
    /// First byte that no longer belongs to it. For Parquet the index after the last row group.
    pub end: u64,
    /// Rows of the file before this part, where that is known.
    pub first_row: Option<u64>,
}

impl FilePart {
    /// Creates a part.
    pub fn new(start: u64, end: u64, first_row: Option<u64>) -> Self {
        Self { start, end, first_row }
    }
}

/// What headers, or the pass that counted the rows, tell of a file beside its rows, for targets that read files by
/// themselves. What is not told is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileFacts {
    /// Compression of a text file as a whole (`none`, `gzip`, `bzip2`, `zstd`), or of an Avro file's blocks (the codec's
    /// name, `null` for none).
    pub compression: Option<String>,
    /// Bytes of the longest Avro block, as it stands in the file.
    pub longest_block: Option<u64>,
    /// Bytes of an Avro file's header.
    pub header_bytes: Option<u64>,
    /// Columns that hold other values than those they stand for, such as a UUID as 16 bytes.
    pub disguised: Vec<String>,
    /// CSV: for each column, whether it has a null.
    pub nulls: Option<Vec<bool>>,
    /// CSV: for each column, whether it has an empty string, which is quoted where a null is not.
    pub empty_texts: Option<Vec<bool>>,
}

/// What a format found in one file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileInspection {
    /// The file.
    pub file: FileMeta,
    /// Its columns, as the file itself says or as inferred from its values. `None` where it holds nothing at all.
    pub schema: Option<SchemaRef>,
    /// Rows in it, where they were counted.
    pub row_count: Option<u64>,
    /// Longest value of each column in bytes, where all values were read (text and binary columns only).
    pub widths: Option<Vec<Option<u64>>>,
    /// Parts that can be decoded side by side, in order. Never empty, unless the file holds no rows.
    pub parts: Vec<FilePart>,
    /// What a reader of the plan should know, such as an ignored zone.
    pub notes: Vec<String>,
    /// What else is known of it.
    pub facts: FileFacts,
}

impl FileInspection {
    /// Creates an inspection of one part, the whole file, with nothing known of rows and widths.
    pub fn new(file: FileMeta, schema: Option<SchemaRef>) -> Self {
        let parts = vec![FilePart::new(0, file.size, Some(0))];
        Self {
            file,
            schema,
            row_count: None,
            widths: None,
            parts,
            notes: Vec::new(),
            facts: FileFacts::default(),
        }
    }
}

/// How files are written when they are staged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WriteOptions {
    /// Name of the compression, as the format calls it, such as `snappy`, `gzip` or `zstd`. `None` for none.
    pub compression: Option<String>,
    /// Rows of a Parquet row group or an Avro block, about.
    pub group_rows: usize,
    /// CSV: written where a value is null, unquoted. Empty strings are written quoted.
    pub null_text: String,
    /// JSON: whether bytes of no length are an error, for readers that take an empty text for a null.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refuse_empty_bytes: bool,
    /// JSON: columns of texts that are JSON objects and arrays themselves, by name. They are written as these values, and
    /// not as strings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_texts: Vec<String>,
    /// Avro, Parquet: what the writer notes beside the schema, by key, for readers that know the keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            compression: Some("snappy".to_owned()),
            group_rows: 128 * 1024,
            null_text: String::new(),
            refuse_empty_bytes: false,
            json_texts: Vec::new(),
            notes: BTreeMap::new(),
        }
    }
}

/// Reads and writes one file format.
///
/// # Contract
/// - [`inspect`](Self::inspect) and [`open`](Self::open) hold a bounded amount of memory whatever the file's size, and
///   never one that a number in the file announces.
/// - The rows of all parts in order are the rows of the file, each once.
/// - A value that the read schema cannot hold exactly is [`BadData`](ErrorKind::BadData); nothing is rounded, cut or
///   turned into null.
/// - Every error about a file has the file's location in its context, and the row (from 1) or the byte offset.
/// - Work that takes long runs on the blocking pool; dropping a stream stops it.
///
/// The test kit's format suite checks each rule.
#[async_trait]
pub trait Format: fmt::Debug + Send + Sync + 'static {
    /// The format this reads and writes.
    fn format(&self) -> FileFormat;

    /// Reads what tells a file's columns: header or footer, or all of it where the format has neither.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if it is not such a file or is cut off.
    async fn inspect(
        &self,
        file: &FileMeta,
        options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection>;

    /// Agrees on one schema for all files.
    ///
    /// # Errors
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch), naming the file and the columns that differ;
    /// [`BadData`](ErrorKind::BadData) if no file tells a schema.
    fn unify(&self, files: &[FileInspection], options: &FormatOptions) -> Result<ResultSchema>;

    /// Decodes a part of a file into batches of `schema`, at most `batch_rows` rows each.
    ///
    /// `schema` has the columns that [`unify`](Self::unify) told, by position. For text formats their types may be
    /// others than inferred: each value is then read as that type, exactly, or is an error.
    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        options: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream>;

    /// Starts writing a file of batches.
    async fn create(
        &self,
        schema: &SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>>;
}

/// A file of batches being written. Dropping it throws the file away.
#[async_trait]
pub trait BatchWriter: fmt::Debug + Send {
    /// Appends a batch of the writer's columns, by position. Their types may be others where those of the writer's schema
    /// hold each value: it is written in the schema's type.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData), naming the column, for a value that its type does not hold.
    async fn write(&mut self, batch: RecordBatch) -> Result<()>;

    /// Bytes written so far, about: what decides when to start the next file.
    fn bytes_written(&self) -> u64;

    /// Makes the file visible, whole.
    async fn finish(self: Box<Self>) -> Result<FileMeta>;
}
