//! Columns and rows that take the place of those that are there.

use publish_core::{Error, ErrorKind, Plan, Result, TableFound};

use super::draft::Draft;
use super::replace_rows::replace_rows;
use crate::table::HiveTable;
use crate::types::map_schema;

/// Replaces columns and rows: where the columns stay the same, the rows alone.
pub(super) fn replace_table(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<Plan> {
    let made = map_schema(&draft.results.schema)?;
    if found.schema.has_same_columns(&made) {
        return replace_rows(draft, found, table, &["the columns stay the same: only the rows are replaced"]);
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "The results have other columns than the table, and replacing them is not known for this connection; use \
         createAndLoad, or results of the same columns",
    )
    .with_context("table", &draft.intent.table))
}
