//! What a caller asks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ActionName, ColumnNaming, FileFormat, FormatOptions, Location, RunId};

/// How the name of a new table is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TableNaming {
    /// `create` and `createAndLoad` add the run's start to it: `<table>_<yyyyMMddHHmmssSSS>`, UTC.
    #[default]
    Timestamp,
    /// The table is named as asked.
    Exact,
}

/// What to do where a table can be replaced only with an instant in which a reader sees an error or neither table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Atomicity {
    /// The plan declares the window, and the publish goes on.
    #[default]
    Declared,
    /// The publish is refused before anything is touched.
    Required,
}

/// Whether a run is recorded at the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ExactlyOnce {
    /// Always: a run whose journal can't be kept is refused before it starts.
    #[default]
    On,
    /// Never: where the journal can't be kept. A commit whose answer is lost is then in doubt.
    Off,
}

/// Who counts the rows that a publish has to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RowProof {
    /// The engine, from headers, footers or one pass over text; the target's count must be the same.
    #[default]
    Files,
    /// The target alone: no counting pass over files that it reads itself.
    Target,
}

/// The files to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Source {
    /// Files, folders and globs, in the order in which their rows are loaded.
    pub locations: Vec<Location>,
    /// Their format. Told by the files' endings where it is not given.
    pub format: Option<FileFormat>,
    /// How text is written in them.
    pub options: FormatOptions,
}

impl Source {
    /// Names files, folders and globs whose format their endings tell.
    pub fn new(locations: Vec<Location>) -> Self {
        Self { locations, format: None, options: FormatOptions::default() }
    }

    /// Says the format.
    #[must_use]
    pub fn with_format(mut self, format: FileFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Says how text is written.
    #[must_use]
    pub fn with_options(mut self, options: FormatOptions) -> Self {
        self.options = options;
        self
    }
}

/// Settings of a request that have a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestOptions {
    /// How the name of a new table is made.
    pub table_naming: TableNaming,
    /// What happens to column names that are not plain.
    pub column_naming: ColumnNaming,
    /// Whether an instant in which readers see no table is acceptable.
    pub atomic: Atomicity,
    /// Whether the run is recorded at the target.
    pub exactly_once: ExactlyOnce,
    /// Who counts the rows.
    pub row_proof: RowProof,
    /// What only this target or this action understands.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl RequestOptions {
    /// Says how the name of a new table is made.
    #[must_use]
    pub fn with_table_naming(mut self, naming: TableNaming) -> Self {
        self.table_naming = naming;
        self
    }

    /// Says what happens to column names that are not plain.
    #[must_use]
    pub fn with_column_naming(mut self, naming: ColumnNaming) -> Self {
        self.column_naming = naming;
        self
    }

    /// Says whether an instant in which readers see no table is acceptable.
    #[must_use]
    pub fn with_atomic(mut self, atomic: Atomicity) -> Self {
        self.atomic = atomic;
        self
    }

    /// Says whether the run is recorded at the target.
    #[must_use]
    pub fn with_exactly_once(mut self, exactly_once: ExactlyOnce) -> Self {
        self.exactly_once = exactly_once;
        self
    }

    /// Says who counts the rows.
    #[must_use]
    pub fn with_row_proof(mut self, proof: RowProof) -> Self {
        self.row_proof = proof;
        self
    }

    /// Adds a setting that only this target or this action understands.
    #[must_use]
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

/// One publish: these results, to this table, with this action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PublishRequest {
    /// The run. Made anew where it is not given; the same id again loads nothing twice.
    pub run_id: Option<RunId>,
    /// What is published.
    pub source: Source,
    /// Path to the database or schema, as the target understands it.
    pub path: Vec<String>,
    /// Name of the table, before a timestamp is added.
    pub table: String,
    /// Which registered action.
    pub action: ActionName,
    /// Settings that have a default.
    pub options: RequestOptions,
    /// Time that the whole run may take. The engine's default where it is not given.
    pub deadline: Option<Duration>,
}

impl PublishRequest {
    /// Creates a request with the default settings.
    pub fn new(source: Source, table: impl Into<String>, action: ActionName) -> Self {
        Self {
            run_id: None,
            source,
            path: Vec::new(),
            table: table.into(),
            action,
            options: RequestOptions::default(),
            deadline: None,
        }
    }

    /// Names the run.
    #[must_use]
    pub fn with_run_id(mut self, run_id: RunId) -> Self {
        self.run_id = Some(run_id);
        self
    }

    /// Names the database or schema.
    #[must_use]
    pub fn with_path(mut self, path: Vec<String>) -> Self {
        self.path = path;
        self
    }

    /// Changes settings.
    #[must_use]
    pub fn with_options(mut self, options: RequestOptions) -> Self {
        self.options = options;
        self
    }

    /// Limits the time of the whole run.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}
