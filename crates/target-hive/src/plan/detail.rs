//! What a plan notes for its session: how to commit, and how to tell later whether it happened.

use publish_core::{Error, ErrorKind, Location, Result, RunId, TableName};
use serde::{Deserialize, Serialize};

/// The property of a table that names the run and the attempt that made it.
pub(crate) const VERSION_PROPERTY: &str = "publish.version";

/// The value of [`VERSION_PROPERTY`].
pub(crate) fn version_value(run: &RunId, attempt: u32) -> String {
    format!("{run}_{attempt}")
}

/// The way of a commit, in the plan and in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Detail {
    /// `CREATE EXTERNAL TABLE` over `directory`. The table's location is the evidence.
    CreateExternal { directory: Location },
    /// `CREATE TABLE` of an insert-only table. Its [`VERSION_PROPERTY`] is the evidence.
    CreateInsertOnly,
    /// `ALTER TABLE .. RENAME` of a table that was made and loaded beside. Its [`VERSION_PROPERTY`] is the evidence.
    Rename { from: TableName },
    /// The staged `file` is renamed into the table's directory, as `name`. The file is the evidence.
    Append { file: Location, name: String },
    /// The files in the staged `folder`, which begin with `stem`, are renamed into the table's directory under their names,
    /// `first` before all others. That file is the evidence: once it is in the table, whoever finds the others moves them.
    AppendMany { folder: Location, first: String, stem: String },
    /// `ALTER TABLE .. SET LOCATION` to `directory`. The table's location is the evidence.
    Relocate { directory: Location },
    /// One call of the metastore points the table to `directory` and gives it the commit's columns, if nobody else changed
    /// its [`VERSION_PROPERTY`]. The same property is the evidence.
    Alter { directory: Location },
    /// The table is renamed to `away`, and `beside` to the table. The table's [`VERSION_PROPERTY`] is the evidence.
    Rotate { beside: TableName, away: TableName },
    /// `CREATE OR REPLACE VIEW` over the table `shown`, in place of one over `before`. The view's [`VERSION_PROPERTY`] is
    /// the evidence.
    Show { shown: TableName, before: Option<TableName> },
    /// `LOAD DATA` of `folder`. A file in the table whose name begins with `stem` is the evidence.
    Load { folder: Location, overwrite: bool, stem: String },
}

impl Detail {
    /// Reads what a plan or a journal's entry has.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if another target, or another version of this one, wrote it.
    pub(crate) fn read(value: &serde_json::Value) -> Result<Self> {
        Self::deserialize(value).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan is not one of this version of the Hive target")
                .with_source(error)
        })
    }

    /// The JSON form.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value> {
        json(self)
    }
}

/// What a replace took out of its table, to be removed after the grace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplacedDirectory {
    pub(crate) table: TableName,
    /// The run whose commit replaced it, and its attempt: the journal's notes of it say what the table had then.
    pub(crate) replaced_by: RunId,
    pub(crate) attempt: u32,
    /// What the table had when the plan was made.
    pub(crate) directory: Location,
    /// Whether files of a directory that no publish made may be deleted: `DROP` would delete them too.
    pub(crate) purge: bool,
}

impl ReplacedDirectory {
    /// The name of its artifact.
    pub(crate) const NAME: &'static str = "hive.replacedDirectory";

    /// The JSON form.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value> {
        json(self)
    }
}

/// A table that a view showed, to be dropped after the grace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HiddenTable {
    pub(crate) view: TableName,
    pub(crate) table: TableName,
}

impl HiddenTable {
    /// The name of its artifact.
    pub(crate) const NAME: &'static str = "hive.hiddenTable";

    /// The JSON form.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn to_json(&self) -> Result<serde_json::Value> {
        json(self)
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The plan's detail has no JSON form").with_source(error)
    })
}
