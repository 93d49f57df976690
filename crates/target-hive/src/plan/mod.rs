//! Writing the plan: the way to what an action wants, by what the table is.
//!
//! | | external or translated table | insert-only table |
//! | --- | --- | --- |
//! | create | one `CREATE EXTERNAL TABLE` over a directory of the run | one `CREATE TABLE` |
//! | create loaded | the directory is filled first, then that same statement | made and loaded beside, then renamed |
//! | append | one staged file is renamed into the table's directory | `LOAD DATA` of the staged folder |
//! | replace table | rows alone, one call of the metastore, or two renames | rows alone, or two renames |
//! | replace rows | a new directory is filled, then `SET LOCATION` | `LOAD DATA OVERWRITE` of the staged folder |
//!
//! Everything else is refused by name: `LOAD DATA OVERWRITE`, `TRUNCATE` and `INSERT OVERWRITE` delete first on tables
//! without transactions, and readers would see it.

mod alter;
mod append;
mod convert;
mod create;
mod detail;
mod draft;
mod options;
mod replace_rows;
mod replace_table;
mod rotate;
mod statistics;
mod take;
mod view;

pub(crate) use detail::{Detail, HiddenTable, ReplacedDirectory, VERSION_PROPERTY, version_value};
pub(crate) use draft::DIRECTORY;
pub(crate) use statistics::{ROWS_PROPERTY, StaleStatistics};

use publish_core::{CommitKind, Error, ErrorKind, Intent, Plan, Result, ResultSet, TableFound, TableState};

use crate::config::{Front, HiveConfig};
use crate::session::ServerFacts;
use crate::table::HiveTable;
use draft::Draft;

/// Writes the plan for `intent`.
pub(crate) fn plan(
    config: &HiveConfig,
    intent: &Intent,
    results: &ResultSet,
    found: &TableState,
) -> Result<Plan> {
    let facts = ServerFacts::of(&intent.server)?;
    let loading = options::Loading::of(config, &intent.options.extra)?;
    let draft = Draft { config, intent, results, facts, loading };
    match (&intent.kind, found) {
        (CommitKind::Create, TableState::Absent) if config.front == Front::View => Err(Error::new(
            ErrorKind::Unsupported,
            "With views in front a name begins with rows; use createAndLoad, or leave `front` out",
        )
        .with_context("table", &intent.table)),
        (CommitKind::Create, TableState::Absent) => create::create(&draft),
        (CommitKind::CreateLoaded, TableState::Absent) if config.front == Front::View => view::create(&draft),
        (CommitKind::CreateLoaded, TableState::Absent) => create::create_loaded(&draft),
        (CommitKind::ReplaceTable, TableState::Present(found))
            if view::is_ours(&HiveTable::from_found(found)?) =>
        {
            view::replace(&draft, found)
        }
        (CommitKind::Append, TableState::Present(found)) => {
            append::append(&draft, found, &open(intent, found)?)
        }
        (CommitKind::ReplaceRows, TableState::Present(found)) => {
            replace_rows::replace_rows(&draft, found, &open(intent, found)?, &[])
        }
        (CommitKind::ReplaceTable, TableState::Present(found)) => {
            let table = open(intent, found)?;
            view::check_front(&draft, &table)?;
            replace_table::replace_table(&draft, found, &table)
        }
        (kind, _) => Err(Error::new(
            ErrorKind::Unsupported,
            "This target does not know how to do that to such a table; use one of the five actions",
        )
        .with_context("kind", kind)
        .with_context("table", &intent.table)),
    }
}

/// The table, if results can be published to it.
fn open(intent: &Intent, found: &TableFound) -> Result<HiveTable> {
    let table = HiveTable::from_found(found)?;
    match table.kind.refusal() {
        None => Ok(table),
        Some(message) => Err(Error::new(ErrorKind::Unsupported, message)
            .with_context("table", &intent.table)
            .with_context("it is", &table.kind)),
    }
}

#[cfg(test)]
mod tests;
