//! How many rows a table has, for planners.
//!
//! Rows are noted in the act that makes a table, or swaps it in the metastore. `ANALYZE TABLE` afterwards is not the same: on
//! an external table it writes back the location that it read at its start, so a `SET LOCATION` that somebody else committed
//! in between is undone without a word. Tried on Hive 4.0.1 with Avro files, where it takes seconds.

use std::time::Duration;

use publish_core::{Artifact, FileFormat, PlanBuilder, Result, TableName};
use serde::{Deserialize, Serialize};

use super::detail::json;
use super::draft::Draft;
use crate::config::Statistics;
use crate::ddl;

/// The property that says how many rows a table has.
pub(crate) const ROWS_PROPERTY: &str = "numRows";

/// Statistics of a table to be brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaleStatistics {
    pub(crate) table: TableName,
}

impl StaleStatistics {
    /// The name of its artifact.
    pub(crate) const NAME: &'static str = "hive.statistics";
}

impl Draft<'_> {
    /// The rows that a new version of the table has, where they are known and are to be noted.
    pub(super) fn noted_rows(&self) -> Option<String> {
        if self.config.statistics == Statistics::Off {
            return None;
        }
        self.results.row_count().map(|rows| rows.to_string())
    }

    /// Adds the step that reads the table's files for its statistics, where that is asked for or does no harm.
    pub(super) fn tidy_statistics(
        &self,
        plan: PlanBuilder,
        is_insert_only: bool,
        format: FileFormat,
    ) -> Result<PlanBuilder> {
        let is_wanted = match self.config.statistics {
            Statistics::Off => false,
            Statistics::Always => true,
            // The location of an insert-only table never changes, and Parquet files are counted by their footers.
            Statistics::Auto => is_insert_only && format == FileFormat::Parquet,
        };
        if !is_wanted {
            return Ok(plan);
        }
        let table = &self.intent.table;
        let stale = json(&StaleStatistics { table: table.clone() })?;
        let artifact = Artifact::Custom { name: StaleStatistics::NAME.to_owned(), arguments: stale };
        let statement = vec![ddl::analyze(table)];
        let plan = plan.tidy("bring the statistics up to date", artifact, Duration::ZERO, statement);
        Ok(if is_insert_only {
            plan
        } else {
            plan.note("another engine's replace of the table is lost if it commits while ANALYZE runs")
        })
    }
}
