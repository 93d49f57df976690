//! `publish show`.

use std::process::ExitCode;

use publish_core::{Error, ErrorKind, Result};
use serde_json::json;
use target_sqlite::{SqliteFactory, SqliteTarget};

use super::Host;
use crate::args::ShowArgs;
use crate::output::{print, print_json};
use crate::table::layout;

/// Characters of a cell that are shown.
const WIDEST_CELL: usize = 40;

/// Shows a local table.
pub(super) async fn show(host: &Host, args: &ShowArgs) -> Result<ExitCode> {
    show_table(host, &args.connection, &args.table, args.rows, args.json).await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the columns, the first rows and the row count of a table.
pub(super) async fn show_table(
    host: &Host,
    connection: &str,
    table: &str,
    rows: usize,
    is_json: bool,
) -> Result<()> {
    let settings = host.connections.named(connection)?;
    if settings.target != SqliteTarget::NAME.as_str() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "Only tables of a local target are shown; use the warehouse's own client",
        )
        .with_context("connection", connection)
        .with_context("target", &settings.target));
    }
    let target = SqliteFactory.build_sqlite(&settings.settings)?;
    let preview = target.preview(table, rows).await?;
    if is_json {
        print_json(&json!({
            "table": table, "columns": preview.schema.columns, "rowCount": preview.row_count, "rows": preview.rows,
        }));
        return Ok(());
    }
    let header: Vec<String> =
        preview.schema.columns.iter().map(|column| format!("{} {}", column.name, column.sql_type)).collect();
    let cells: Vec<Vec<String>> = preview
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.clone().unwrap_or_else(|| "NULL".to_owned())).collect())
        .collect();
    print(&layout(&header, &cells, WIDEST_CELL));
    print(&format!("{} of {} rows of {table}\n", cells.len(), preview.row_count));
    Ok(())
}
