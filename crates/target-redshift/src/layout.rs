//! Where a table's rows and columns are kept: distribution, sort keys, encodings.

use publish_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::names::folded;
use crate::sql::quoted;

/// How rows are spread over the slices (the manual's page "Distribution styles").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DistStyle {
    /// As the service thinks best.
    #[default]
    Auto,
    Even,
    All,
    /// By the values of a column.
    Key(String),
}

/// Where a table's rows and columns are kept. The default leaves all of it to the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Layout {
    pub(crate) dist: DistStyle,
    /// Columns by which rows are sorted, in order.
    pub(crate) sort: Vec<String>,
    pub(crate) is_interleaved: bool,
    /// Columns and their encodings, where they are set.
    pub(crate) encodings: Vec<(String, String)>,
}

/// The encodings there are (the manual's page "Compression encodings").
const ENCODINGS: [&str; 14] = [
    "az64",
    "bytedict",
    "delta",
    "delta32k",
    "lzo",
    "mostly8",
    "mostly16",
    "mostly32",
    "raw",
    "runlength",
    "text255",
    "text32k",
    "zstd",
    "auto",
];

impl Layout {
    /// The encoding of a column, where one is set.
    pub(crate) fn encoding(&self, column: &str) -> Option<&str> {
        let found = self.encodings.iter().find(|(name, _)| name == column)?;
        Some(&found.1)
    }

    /// The clauses of `CREATE TABLE`, each on a line of its own.
    pub(crate) fn clauses(&self) -> String {
        let mut clauses = String::new();
        match &self.dist {
            DistStyle::Auto => {}
            DistStyle::Even => clauses.push_str("\nDISTSTYLE EVEN"),
            DistStyle::All => clauses.push_str("\nDISTSTYLE ALL"),
            DistStyle::Key(column) => {
                clauses.push_str(&format!("\nDISTSTYLE KEY\nDISTKEY ({})", quoted(column)))
            }
        }
        if !self.sort.is_empty() {
            let kind = if self.is_interleaved { "INTERLEAVED" } else { "COMPOUND" };
            let columns: Vec<String> = self.sort.iter().map(|name| quoted(name)).collect();
            clauses.push_str(&format!("\n{kind} SORTKEY ({})", columns.join(", ")));
        }
        clauses
    }

    /// What of this layout a table with other columns keeps, and what it loses, in words.
    pub(crate) fn kept_by(&self, columns: &[String]) -> (Self, Vec<String>) {
        let is_there = |name: &String| columns.contains(name);
        let mut lost = Vec::new();
        let dist = match &self.dist {
            DistStyle::Key(column) if !is_there(column) => {
                lost.push(format!("DISTKEY ({column})"));
                DistStyle::Auto
            }
            dist => dist.clone(),
        };
        let sort = if self.sort.iter().all(is_there) {
            self.sort.clone()
        } else {
            lost.push(format!("SORTKEY ({})", self.sort.join(", ")));
            Vec::new()
        };
        let encodings = self.encodings.iter().filter(|(name, _)| is_there(name)).cloned().collect();
        let is_interleaved = self.is_interleaved && !sort.is_empty();
        (Self { dist, sort, is_interleaved, encodings }, lost)
    }

    /// Checks that the columns exist and the encodings are known. Names are folded.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the setting.
    pub(crate) fn checked(mut self, columns: &[String]) -> Result<Self> {
        let check = |setting: &'static str, name: &mut String| -> Result<()> {
            *name = folded(name);
            if columns.contains(name) {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::InvalidRequest,
                "The setting names a column that the table has not; correct it",
            )
            .with_context("setting", setting)
            .with_context("column", &*name)
            .with_context("columns", columns.join(", ")))
        };
        if let DistStyle::Key(column) = &mut self.dist {
            check("distKey", column)?;
        }
        for column in &mut self.sort {
            check("sortKey", column)?;
        }
        for (column, encoding) in &mut self.encodings {
            check("encode", column)?;
            *encoding = encoding.to_ascii_lowercase();
            if !ENCODINGS.contains(&encoding.as_str()) {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "There is no such encoding; use one of the known ones",
                )
                .with_context("encode", &*encoding)
                .with_context("known", ENCODINGS.join(", ")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout {
            dist: DistStyle::Key("Id".into()),
            sort: vec!["At".into(), "id".into()],
            is_interleaved: false,
            encodings: vec![("name".into(), "ZSTD".into())],
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_layout_is_clauses_of_create_table() {
        let layout = layout().checked(&names(&["id", "at", "name"])).unwrap();
        assert_eq!(layout.clauses(), "\nDISTSTYLE KEY\nDISTKEY (\"id\")\nCOMPOUND SORTKEY (\"at\", \"id\")");
        assert_eq!((layout.encoding("name"), layout.encoding("id")), (Some("zstd"), None));
        assert_eq!(Layout::default().clauses(), "");
        let spread = |dist| Layout { dist, ..Layout::default() }.clauses();
        assert_eq!(spread(DistStyle::All), "\nDISTSTYLE ALL");
        assert_eq!(spread(DistStyle::Even), "\nDISTSTYLE EVEN");
        let interleaved = Layout { sort: names(&["a"]), is_interleaved: true, ..Layout::default() };
        assert_eq!(interleaved.clauses(), "\nINTERLEAVED SORTKEY (\"a\")");
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let error = layout().checked(&names(&["id", "name"])).unwrap_err();
        assert!(error.to_string().contains("setting: sortKey, column: at"), "{error}");
        let wrong = Layout { encodings: vec![("id".into(), "zip".into())], ..Layout::default() };
        assert!(wrong.checked(&names(&["id"])).unwrap_err().to_string().contains("az64"));
    }

    #[test]
    fn a_layout_goes_over_to_other_columns_as_far_as_they_are_there() {
        let old = layout().checked(&names(&["id", "at", "name"])).unwrap();
        let (kept, lost) = old.kept_by(&names(&["id", "name", "more"]));
        assert_eq!(kept.dist, DistStyle::Key("id".into()));
        assert_eq!((kept.sort.len(), kept.encoding("name")), (0, Some("zstd")));
        assert_eq!(lost, ["SORTKEY (at, id)"]);
        assert_eq!(old.kept_by(&names(&["id", "at", "name"])), (old.clone(), Vec::new()));
    }
}
