//! A table as found, and what calls on a target answer.

use serde::Serialize;

use crate::{FileMeta, TableSchema};

/// Something that depends on a table, or is granted on it, and that a replace has to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dependent {
    /// What it is: `view`, `index`, `trigger`, `grant`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Columns of the table that it needs, where the target can tell.
    pub columns: Vec<String>,
    /// The statement that makes it, where the target keeps one.
    pub definition: Option<String>,
}

impl Dependent {
    /// Creates a dependent of this kind and name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), columns: Vec::new(), definition: None }
    }

    /// Says which columns it needs.
    #[must_use]
    pub fn with_columns(mut self, columns: Vec<String>) -> Self {
        self.columns = columns;
        self
    }

    /// Says which statement makes it.
    #[must_use]
    pub fn with_definition(mut self, definition: impl Into<String>) -> Self {
        self.definition = Some(definition.into());
        self
    }
}

/// A table that is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TableFound {
    /// Its columns.
    pub schema: TableSchema,
    /// Changes whenever the table's definition does, and not with its rows.
    pub version: String,
    /// What hangs on it.
    pub dependents: Vec<Dependent>,
    /// What else the target knows of it and needs for its plan, such as location and format.
    pub properties: serde_json::Value,
}

impl TableFound {
    /// Creates a table of these columns in this version.
    pub fn new(schema: TableSchema, version: impl Into<String>) -> Self {
        Self { schema, version: version.into(), dependents: Vec::new(), properties: serde_json::Value::Null }
    }

    /// Says what hangs on it.
    #[must_use]
    pub fn with_dependents(mut self, dependents: Vec<Dependent>) -> Self {
        self.dependents = dependents;
        self
    }

    /// Adds what only the target understands.
    #[must_use]
    pub fn with_properties(mut self, properties: serde_json::Value) -> Self {
        self.properties = properties;
        self
    }
}

/// A table's name, looked up.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum TableState {
    /// There is none.
    Absent,
    /// There is one.
    Present(TableFound),
}

impl TableState {
    /// The table, if there is one.
    pub fn found(&self) -> Option<&TableFound> {
        match self {
            Self::Absent => None,
            Self::Present(found) => Some(found),
        }
    }
}

/// What a prepare step made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Prepared {
    /// Rows staged. `None` where it stages none.
    pub row_count: Option<u64>,
    /// Files staged, in the order of their rows.
    pub files: Vec<FileMeta>,
}

impl Prepared {
    /// Rows staged in a table.
    pub fn rows(row_count: u64) -> Self {
        Self { row_count: Some(row_count), files: Vec::new() }
    }

    /// Rows staged in files.
    pub fn files(row_count: u64, files: Vec<FileMeta>) -> Self {
        Self { row_count: Some(row_count), files }
    }
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Committed {
    /// Rows loaded, as the target counts them. `None` where it can't tell.
    pub row_count: Option<u64>,
}

impl Committed {
    /// A commit that loaded so many rows.
    pub fn rows(row_count: impl Into<Option<u64>>) -> Self {
        Self { row_count: row_count.into() }
    }
}

/// Whether a commit happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Done(Committed),
    /// It did not, and it can't any more: the attempt is fenced off.
    NotDone,
    /// The target cannot tell.
    Unknown,
}
