//! A table as found, and what calls on a target answer.

use serde::Serialize;

use crate::{FileMeta, Location, TableSchema};

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
    /// For each of these files which rows of the results it holds, in order. Empty where that is not known.
    #[serde(skip)]
    pub origins: Vec<Vec<SourceRows>>,
}

/// Rows of one result file, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceRows {
    /// The file.
    pub file: Location,
    /// Rows of it before these, where that is known.
    pub first_row: Option<u64>,
    /// How many they are.
    pub row_count: u64,
}

impl SourceRows {
    /// Names rows of a file.
    pub fn new(file: Location, first_row: Option<u64>, row_count: u64) -> Self {
        Self { file, first_row, row_count }
    }

    /// Takes in more rows of the same file that follow these. Answers whether they do.
    pub fn extend(&mut self, file: &Location, first_row: Option<u64>, row_count: u64) -> bool {
        let follows = self.file == *file && self.first_row.map(|first| first + self.row_count) == first_row;
        if follows {
            self.row_count += row_count;
        }
        follows
    }
}

impl Prepared {
    /// Rows staged in a table.
    pub fn rows(row_count: u64) -> Self {
        Self { row_count: Some(row_count), ..Self::default() }
    }

    /// Rows staged in files.
    pub fn files(row_count: u64, files: Vec<FileMeta>) -> Self {
        Self { row_count: Some(row_count), files, origins: Vec::new() }
    }

    /// Says which rows of the results each file holds.
    #[must_use]
    pub fn with_origins(mut self, origins: Vec<Vec<SourceRows>>) -> Self {
        self.origins = origins;
        self
    }

    /// The result file, and the number from 1 in it, of a row that is the `row`th, from 1, of a staged file.
    pub fn source_of(&self, staged: &str, row: u64) -> Option<(&Location, Option<u64>)> {
        let at = self.files.iter().position(|file| file.location.as_str() == staged)?;
        let mut before = 0;
        for rows in self.origins.get(at)? {
            if row > before && row <= before + rows.row_count {
                return Some((&rows.file, rows.first_row.map(|first| first + row - before)));
            }
            before += rows.row_count;
        }
        None
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    #[test]
    fn a_row_of_a_staged_file_is_found_in_the_results() {
        let at = |text: &str| Location::parse(text).unwrap();
        let mut first = SourceRows::new(at("s3://b/a"), Some(0), 10);
        assert!(first.extend(&at("s3://b/a"), Some(10), 5));
        assert!(!first.extend(&at("s3://b/a"), Some(16), 5) && !first.extend(&at("s3://b/c"), Some(15), 5));
        let unknown = SourceRows::new(at("s3://b/c"), None, 3);
        let file = |name: &str| FileMeta::new(at(name), 1);
        let rest = SourceRows::new(at("s3://b/c"), Some(100), 1);
        let prepared = Prepared::files(19, vec![file("s3://b/s/0"), file("s3://b/s/1")])
            .with_origins(vec![vec![first, unknown], vec![rest]]);
        let found = |name: &str, row| {
            prepared.source_of(name, row).map(|(file, row)| (file.as_str().to_owned(), row))
        };
        assert_eq!(found("s3://b/s/0", 15), Some(("s3://b/a".to_owned(), Some(15))));
        assert_eq!(found("s3://b/s/0", 16), Some(("s3://b/c".to_owned(), None)));
        assert_eq!(found("s3://b/s/0", 19), None);
        assert_eq!(found("s3://b/s/0", 0), None);
        assert_eq!(found("s3://b/s/1", 1), Some(("s3://b/c".to_owned(), Some(101))));
        assert_eq!(found("s3://b/s/2", 1), None);
    }
}
