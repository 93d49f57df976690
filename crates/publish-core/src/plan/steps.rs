//! The three parts of a plan: prepare, commit, tidy.

use std::fmt;
use std::time::Duration;

use arrow_schema::DataType;
use serde::Serialize;

use crate::{
    Artifact, ColumnLimit, ColumnMapping, CommitKind, FileFormat, Location, Requirement, TableName,
    TableSchema, WriteOptions,
};

/// A step's place in its plan, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StepId(pub u16);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a load takes its rows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LoadSource {
    /// The result files as they are.
    Results,
    /// The files that a prepare step staged.
    Staged(StepId),
    /// The table that a prepare step filled.
    Table(StepId),
}

/// Files to stage: the results re-encoded to where and as what the target can load them. The engine does it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StageFiles {
    /// Folder of the staged files. Its last part carries the run's id. What is in it is removed first, so it must be no
    /// folder that a live table uses: without a journal, or past its horizon, a run id can come again.
    pub folder: Location,
    /// Format to stage as.
    pub format: FileFormat,
    /// How to write it.
    pub options: WriteOptions,
    /// Types to read the results as; staged columns have the table's names.
    #[serde(skip)]
    pub mapping: ColumnMapping,
    /// Types to write the columns as, in the order of the mapping. Each must hold every value of the type that is read,
    /// whichever it is. `None` writes what is read.
    #[serde(skip)]
    pub write_as: Option<Vec<DataType>>,
    /// Values that the table does not take, to be found before the target finds them.
    #[serde(skip)]
    pub limits: Vec<ColumnLimit>,
    /// How the files' names begin. A number and the format's ending follow: `part-00000.parquet`.
    pub file_stem: String,
    /// Size in bytes at which the next file is begun.
    pub max_file_bytes: u64,
}

impl StageFiles {
    /// Stages as `format` below `folder`, in files of about 128 MiB.
    pub fn new(folder: Location, format: FileFormat, mapping: ColumnMapping) -> Self {
        Self {
            folder,
            format,
            options: WriteOptions::default(),
            mapping,
            write_as: None,
            limits: Vec::new(),
            file_stem: "part".to_owned(),
            max_file_bytes: 128 * 1024 * 1024,
        }
    }

    /// The name of the file of this number, from 0.
    pub fn file_name(&self, number: usize) -> String {
        format!("{}-{number:05}.{}", self.file_stem, self.format)
    }
}

/// A table to create and load beside the real one. The target does it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StageTable {
    /// Its name, which carries the run's id.
    pub table: TableName,
    /// Its columns.
    pub columns: TableSchema,
    /// Which column of the results goes to which.
    #[serde(skip)]
    pub mapping: ColumnMapping,
    /// Where its rows come from.
    pub load: LoadSource,
}

impl StageTable {
    /// Creates `table` and loads it.
    pub fn new(table: TableName, columns: TableSchema, mapping: ColumnMapping, load: LoadSource) -> Self {
        Self { table, columns, mapping, load }
    }
}

/// What a prepare step does.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PrepareWork {
    /// Stages files. Done by the engine.
    StageFiles(StageFiles),
    /// Creates and loads a table beside the real one. Done by the target.
    StageTable(StageTable),
    /// Something that only this target knows. Done by the target.
    Custom {
        /// Its name.
        name: String,
        /// Its arguments.
        arguments: serde_json::Value,
    },
}

/// A step before the commit. It changes nothing that a reader sees, and can be undone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Prepare {
    /// Its place.
    pub step: StepId,
    /// What it does, in one plain line.
    pub title: String,
    /// What it does, for whoever does it.
    pub work: PrepareWork,
    /// What it makes. Undo removes exactly this.
    pub makes: Vec<Artifact>,
    /// The statements that will be sent, secrets left out.
    pub statements: Vec<String>,
}

/// The one act after which the publish has happened: all of it or nothing.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Commit {
    /// Its place.
    pub step: StepId,
    /// What it does, in one plain line.
    pub title: String,
    /// The table.
    pub table: TableName,
    /// What it does to the table.
    pub kind: CommitKind,
    /// What must hold when it does.
    pub requirements: Vec<Requirement>,
    /// The table's columns afterwards.
    pub columns: TableSchema,
    /// Which column of the results goes to which. `None` where no rows are loaded.
    #[serde(skip)]
    pub mapping: Option<ColumnMapping>,
    /// Where the rows come from. `None` where no rows are loaded.
    pub load: Option<LoadSource>,
    /// What the target notes for itself, in the plan and in the journal: whatever its session needs to carry out the
    /// commit, and to tell later whether it happened.
    pub detail: serde_json::Value,
    /// The statements that will be sent, secrets left out.
    pub statements: Vec<String>,
}

/// A step after the commit. Its failure is a warning; `sweep` tries it again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tidy {
    /// Its place.
    pub step: StepId,
    /// What it does, in one plain line.
    pub title: String,
    /// What it removes or brings up to date.
    pub artifact: Artifact,
    /// Time after the commit before which it must not happen, for readers that still use what it removes. It is then
    /// left to `sweep`.
    #[serde(rename = "afterSeconds", serialize_with = "seconds")]
    pub after: Duration,
    /// The statements that will be sent, secrets left out.
    pub statements: Vec<String>,
}

/// An instant in which readers may see something else than the old table or the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Window {
    /// What a reader may see, such as `the error "table not found"`.
    pub sees: String,
    /// Why it can't be helped.
    pub reason: String,
    /// About how long.
    #[serde(rename = "lengthSeconds", serialize_with = "seconds")]
    pub length: Duration,
}

impl Window {
    /// Declares a window.
    pub fn new(sees: impl Into<String>, reason: impl Into<String>, length: Duration) -> Self {
        Self { sees: sees.into(), reason: reason.into(), length }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
