//! The shape of a table.

use serde::{Deserialize, Serialize};

/// One column as the target declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ColumnDef {
    /// Column name, as the target keeps it.
    pub name: String,
    /// Type in the target's own words, such as `varchar(256)` or `array<int>`.
    pub sql_type: String,
    /// Whether nulls are allowed.
    pub nullable: bool,
    /// Whether a row that says nothing of this column gets a value.
    pub has_default: bool,
}

impl ColumnDef {
    /// Creates a column that allows nulls and has no default.
    pub fn new(name: impl Into<String>, sql_type: impl Into<String>) -> Self {
        Self { name: name.into(), sql_type: sql_type.into(), nullable: true, has_default: false }
    }

    /// Says whether nulls are allowed.
    #[must_use]
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// Says whether the column has a default.
    #[must_use]
    pub fn with_default(mut self, has_default: bool) -> Self {
        self.has_default = has_default;
        self
    }
}

/// The shape of a table on a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableSchema {
    /// Columns in order.
    pub columns: Vec<ColumnDef>,
    /// What is lost or changed when results are mapped to these columns, for the plan to show. Empty for a table
    /// as found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl TableSchema {
    /// Creates a schema of these columns, without notes.
    pub fn new(columns: Vec<ColumnDef>) -> Self {
        Self { columns, notes: Vec::new() }
    }

    /// Adds a note.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether names, types and order of the columns are the same.
    pub fn has_same_columns(&self, other: &Self) -> bool {
        self.columns.len() == other.columns.len()
            && self
                .columns
                .iter()
                .zip(&other.columns)
                .all(|(one, two)| one.name == two.name && one.sql_type == two.sql_type)
    }
}
