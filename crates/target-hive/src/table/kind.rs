//! What a table is, which decides how it is loaded.

use std::fmt;

use publish_core::FileFormat;
use serde::{Deserialize, Serialize};

/// What a table is.
///
/// `CREATE TABLE` gives different kinds by version and configuration, so it is always read from the table itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TableKind {
    /// External: a plain directory of files.
    External,
    /// Asked for as managed, and made external by the metastore. As external, and `DROP` deletes its files.
    Translated,
    /// Managed, with transactions over files of any format.
    InsertOnly,
    /// Managed, with transactions and updates of rows; ORC only.
    FullAcid,
    /// Managed, without transactions, as before Hive 3.
    Managed,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// In partitions, by these columns.
    Partitioned(Vec<String>),
    /// In buckets, by these columns.
    Bucketed(String),
    /// Kept elsewhere, by this storage handler.
    Handler(String),
    /// A kind that came after this was written.
    Other(String),
}

impl TableKind {
    /// Whether it is a plain directory of files, without transactions.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::External | Self::Translated)
    }

    /// Why nothing can be published to it, and what to do. `None` if it can.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        Some(match self {
            Self::External | Self::Translated | Self::InsertOnly => return None,
            Self::FullAcid => {
                "Tables with row updates (full ACID) are not published to; use an external or an insert-only table"
            }
            Self::Managed => {
                "Managed tables without transactions are not published to: a replace would show readers an empty \
                 table; make it external"
            }
            Self::View | Self::MaterializedView => {
                "Results are published to tables, not to views; choose another name"
            }
            Self::Partitioned(_) => {
                "Partitioned tables are not published to yet; use a table without partitions"
            }
            Self::Bucketed(_) => "Bucketed tables are not published to; use a table without buckets",
            Self::Handler(_) | Self::Other(_) => {
                "Only Hive's own tables are published to; use an external table"
            }
        })
    }
}

impl fmt::Display for TableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::External => f.write_str("external table"),
            Self::Translated => f.write_str("external table, translated from managed"),
            Self::InsertOnly => f.write_str("insert-only table"),
            Self::FullAcid => f.write_str("full ACID table"),
            Self::Managed => f.write_str("managed table without transactions"),
            Self::View => f.write_str("view"),
            Self::MaterializedView => f.write_str("materialized view"),
            Self::Partitioned(columns) => write!(f, "table partitioned by {}", columns.join(", ")),
            Self::Bucketed(columns) => write!(f, "table in buckets by {columns}"),
            Self::Handler(handler) => write!(f, "table of {handler}"),
            Self::Other(kind) => write!(f, "table of kind {kind}"),
        }
    }
}

/// How the files of a table are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TableFormat {
    /// Parquet, read by names.
    Parquet,
    /// Avro, whose schema follows from the table's columns.
    Avro,
    /// Another one, or one read in a way that files can't be made for; in words.
    Other(String),
}

impl TableFormat {
    /// The format of its files, where they can be written.
    pub fn file_format(&self) -> Option<FileFormat> {
        match self {
            Self::Parquet => Some(FileFormat::Parquet),
            Self::Avro => Some(FileFormat::Avro),
            Self::Other(_) => None,
        }
    }
}
