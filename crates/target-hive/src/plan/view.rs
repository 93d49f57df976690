//! A view that readers use, over one table a version: each publish makes a table, and one statement shows it.

use publish_core::{
    Artifact, Error, ErrorKind, LoadSource, Plan, PrepareWork, Result, StageTable, TableFound, TableName,
};

use super::detail::{Detail, HiddenTable, VERSION_PROPERTY, version_value};
use super::draft::{Draft, Files, Staging};
use super::statistics::ROWS_PROPERTY;
use crate::config::Front;
use crate::ddl;
use crate::table::{HiveTable, SHOWN_PROPERTY, TableKind};

/// Whether the table is a view that a publish made.
pub(super) fn is_ours(table: &HiveTable) -> bool {
    table.kind == TableKind::View && table.shown.is_some()
}

/// Makes the first version, and the view over it.
pub(super) fn create(draft: &Draft<'_>) -> Result<Plan> {
    show(draft, None)
}

/// Makes another version, and shows it in place of the one that is shown.
pub(super) fn replace(draft: &Draft<'_>, found: &TableFound) -> Result<Plan> {
    let table = HiveTable::from_found(found)?;
    show(draft, table.shown.map(|name| draft.intent.table.with_name(name)))
}

/// Refuses a front that the table does not have: no single statement makes a view of a table.
pub(super) fn check_front(draft: &Draft<'_>, table: &HiveTable) -> Result<()> {
    if draft.config.front == Front::Table {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "The connection puts views in front, and this is a table; rename it, or leave `front` out",
    )
    .with_context("table", &draft.intent.table)
    .with_context("it is", &table.kind))
}

fn show(draft: &Draft<'_>, before: Option<TableName>) -> Result<Plan> {
    let intent = draft.intent;
    let rows = draft.rows_of_new()?;
    let shown = intent.table.beside(&intent.run, intent.attempt);
    let directory = draft.new_directory()?;
    let artifact = draft.directory_artifact(&directory);
    let version = version_value(&intent.run, intent.attempt);
    let noted = draft.noted_rows();
    let mut properties = vec![("external.table.purge", "true"), (VERSION_PROPERTY, version.as_str())];
    properties.extend(noted.as_deref().map(|rows| (ROWS_PROPERTY, rows)));
    let columns = &rows.columns.columns;
    let statements = vec![
        ddl::drop_table(&shown),
        ddl::create_external(&shown, columns, rows.format, &directory, &properties),
    ];
    let properties = [(VERSION_PROPERTY, version.as_str()), (SHOWN_PROPERTY, shown.name.as_str())];
    let statement = ddl::show_table(&intent.table, columns, &shown, &properties, before.is_some());
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &directory, artifact, Files::Blocks)?;
    let staged = plan.next_step();
    let work = StageTable::new(shown.clone(), rows.columns.clone(), rows.mapping.clone(), source);
    let plan = plan
        .prepare(
            "make a table over the files",
            PrepareWork::StageTable(work),
            vec![Artifact::Table { table: shown.clone() }],
            statements,
        )
        .commit("let the view show the new table", rows.columns, vec![statement])
        .load(LoadSource::Table(staged), rows.mapping)
        .detail(Detail::Show { shown, before: before.clone() }.to_json()?);
    match before {
        Some(table) => {
            let statement = ddl::drop_table(&table);
            let hidden = HiddenTable { view: intent.table.clone(), table };
            let artifact =
                Artifact::Custom { name: HiddenTable::NAME.to_owned(), arguments: hidden.to_json()? };
            plan.tidy("drop the table that was shown", artifact, draft.config.grace(), vec![statement])
                .build()
        }
        None => plan.build(),
    }
}
