//! Columns and rows that take the place of those that are there: the best way that the connection allows.

use publish_core::{Plan, Result, TableFound};

use super::alter::alter;
use super::draft::{Draft, Rows};
use super::replace_rows::replace_rows;
use super::rotate::rotate;
use crate::table::{HiveTable, TableKind};

/// Replaces columns and rows.
///
/// 1. Where the columns stay the same, the rows alone are replaced.
/// 2. With a metastore, one call of it changes columns and files of an external table.
/// 3. Otherwise the table is renamed away and a new one renamed in.
///
/// A table behind a view of ours is a way of its own, see [`view`](super::view).
pub(super) fn replace_table(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<Plan> {
    let rows = Rows { format: draft.format_of(table)?, ..draft.rows_of_new()? };
    if found.schema.has_same_columns(&rows.columns) {
        return replace_rows(draft, found, table, &["the columns stay the same: only the rows are replaced"]);
    }
    if draft.config.metastore.is_some() && table.kind != TableKind::InsertOnly {
        return alter(draft, found, table, rows)?.build();
    }
    rotate(draft, table, rows)
}
