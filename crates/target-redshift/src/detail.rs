//! What a plan notes for its session.

use publish_core::{Error, ErrorKind, Location, Result, StepId, TableName};
use serde::{Deserialize, Serialize};

use crate::layout::Layout;
use crate::sql::CopyStatement;

/// The way in which a commit leaves the table as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Way {
    /// The table is made, without rows.
    Create,
    /// The table is made and loaded.
    CreateLoaded,
    /// Rows are loaded.
    Append,
    /// Rows are deleted and others loaded.
    DeleteAndLoad,
    /// Rows are deleted and those of a table beside inserted.
    DeleteAndInsert,
    /// The table is truncated, and then loaded.
    TruncateAndLoad,
    /// A table that was built beside takes the place of this one.
    Swap,
}

/// What a plan notes for its session: the commit in the terms of this target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    pub(crate) way: Way,
    #[serde(default, skip_serializing_if = "Layout::is_default")]
    pub(crate) layout: Layout,
    /// How rows get in, where the commit itself loads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copy: Option<CopyStatement>,
    /// The table that was loaded beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) beside: Option<TableName>,
    /// Columns of the table beside, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
    /// Name that the old table gets before it is dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) old_name: Option<String>,
    /// Statements before the old table is dropped: views that are in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before_drop: Vec<String>,
    /// Statements that give the new table what the old one had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) keep: Vec<String>,
    /// Whether whatever depends on the old table goes with it.
    #[serde(default)]
    pub(crate) cascades: bool,
    /// Digest of what hangs on the old table, which must not have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) surroundings: Option<String>,
}

impl Layout {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Detail {
    pub(crate) fn new(way: Way) -> Self {
        Self {
            way,
            layout: Layout::default(),
            copy: None,
            beside: None,
            columns: Vec::new(),
            old_name: None,
            before_drop: Vec::new(),
            keep: Vec::new(),
            cascades: false,
            surroundings: None,
        }
    }

    /// Reads what a plan noted.
    pub(crate) fn read(value: &serde_json::Value) -> Result<Self> {
        serde_json::from_value(value.clone()).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan is not one of this target").with_source(error)
        })
    }

    pub(crate) fn write(&self) -> Result<serde_json::Value> {
        to_value(self)
    }
}

/// Name of the step that writes the manifest.
pub(crate) const WRITE_MANIFEST: &str = "redshift.manifest";

/// Arguments of that step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManifestStep {
    /// Where the manifest goes.
    pub(crate) at: Location,
    /// The step that staged its files. The results themselves where there is none.
    pub(crate) staged_by: Option<u16>,
}

impl ManifestStep {
    pub(crate) fn step(&self) -> Option<StepId> {
        self.staged_by.map(StepId)
    }
}

/// Name of the step that loads a table beside.
pub(crate) const LOAD_BESIDE: &str = "redshift.loadBeside";

/// Arguments of that step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BesideStep {
    pub(crate) table: TableName,
    /// The statement that makes it.
    pub(crate) create: String,
    pub(crate) copy: CopyStatement,
}

/// Name of what is brought up to date after a replace.
pub(crate) const ANALYZE: &str = "redshift.analyze";

/// Name of what is freed after a replace.
pub(crate) const VACUUM: &str = "redshift.vacuum";

/// JSON of a step's arguments.
pub(crate) fn to_value(value: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "What the plan notes has no JSON form").with_source(error)
    })
}
