//! What is done with results and statistics, where there is a choice.

use serde::Deserialize;

/// When statistics of tables are brought up to date. Hive's planner and other engines read them; no count that Hive answers
/// for an external table does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Statistics {
    /// Where nobody's publish can be lost by it: rows are noted in the act that makes a table or swaps it in the metastore,
    /// and insert-only tables of Parquet files are analyzed after the commit, which reads footers alone.
    #[default]
    Auto,
    /// By `ANALYZE TABLE` after every commit, for Avro files by a job over the whole table. On an external table it writes
    /// the location that it read at its start: a publish by another engine meanwhile is lost. For tables of one publisher.
    Always,
    /// Never.
    Off,
}

/// How many files an append makes of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AppendFiles {
    /// One, so that one rename adds all rows.
    #[default]
    One,
    /// As many as there are, renamed one after the other. Readers may see some of them for the time of the renames.
    Many,
}
