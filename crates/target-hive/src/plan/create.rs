//! A table that is not there yet.

use publish_core::{
    Artifact, ColumnDef, FileFormat, LoadSource, Location, Plan, PrepareWork, Result, StageTable,
};

use super::detail::{Detail, VERSION_PROPERTY, version_value};
use super::draft::{Draft, Files, Staging};
use super::statistics::ROWS_PROPERTY;
use crate::config::NewTableKind;
use crate::ddl;

/// Makes the table, without rows.
pub(super) fn create(draft: &Draft<'_>) -> Result<Plan> {
    let rows = draft.rows_of_new()?;
    let (detail, statement) = match draft.config.table_kind {
        NewTableKind::External => {
            let directory = draft.new_directory()?;
            let statement = create_external(draft, &rows.columns.columns, rows.format, &directory, None);
            (Detail::CreateExternal { directory }, statement)
        }
        NewTableKind::InsertOnly => {
            let version = version_value(&draft.intent.run, draft.intent.attempt);
            let properties = [(VERSION_PROPERTY, version.as_str())];
            let columns = &rows.columns.columns;
            let statement = ddl::create_insert_only(&draft.intent.table, columns, rows.format, &properties);
            (Detail::CreateInsertOnly, statement)
        }
    };
    draft.builder().commit("make the table", rows.columns, vec![statement]).detail(detail.to_json()?).build()
}

/// Makes the table, which appears with its rows.
pub(super) fn create_loaded(draft: &Draft<'_>) -> Result<Plan> {
    match draft.config.table_kind {
        NewTableKind::External => create_loaded_external(draft),
        NewTableKind::InsertOnly => create_loaded_insert_only(draft),
    }
}

fn create_loaded_external(draft: &Draft<'_>) -> Result<Plan> {
    let rows = draft.rows_of_new()?;
    let directory = draft.new_directory()?;
    let noted = draft.noted_rows();
    let statement = create_external(draft, &rows.columns.columns, rows.format, &directory, noted.as_deref());
    let artifact = draft.directory_artifact(&directory);
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &directory, artifact, Files::Directory)?;
    plan.commit("make the table over the files", rows.columns, vec![statement])
        .load(source, rows.mapping)
        .detail(Detail::CreateExternal { directory }.to_json()?)
        .build()
}

fn create_loaded_insert_only(draft: &Draft<'_>) -> Result<Plan> {
    let rows = draft.rows_of_new()?;
    let intent = draft.intent;
    let beside = intent.table.beside(&intent.run, intent.attempt);
    let folder = draft.staging_folder(&draft.config.staging)?;
    let version = version_value(&intent.run, intent.attempt);
    let statements = vec![
        ddl::drop_table(&beside),
        ddl::create_insert_only(
            &beside,
            &rows.columns.columns,
            rows.format,
            &[(VERSION_PROPERTY, version.as_str())],
        ),
        ddl::load_data(&folder, &beside, false),
    ];
    let artifact = Artifact::Files { folder: folder.clone() };
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &folder, artifact.clone(), Files::Blocks)?;
    let staged = plan.next_step();
    let work = StageTable::new(beside.clone(), rows.columns.clone(), rows.mapping.clone(), source);
    let format = rows.format;
    let plan = plan
        .prepare(
            "make an insert-only table beside and load it",
            PrepareWork::StageTable(work),
            vec![Artifact::Table { table: beside.clone() }],
            statements,
        )
        .commit("give the loaded table its name", rows.columns, vec![ddl::rename(&beside, &intent.table)])
        .load(LoadSource::Table(staged), rows.mapping)
        .detail(Detail::Rename { from: beside }.to_json()?)
        .tidy("remove the staging folder", artifact, std::time::Duration::ZERO, Vec::new());
    draft.tidy_statistics(plan, true, format)?.build()
}

fn create_external(
    draft: &Draft<'_>,
    columns: &[ColumnDef],
    format: FileFormat,
    directory: &Location,
    row_count: Option<&str>,
) -> String {
    let version = version_value(&draft.intent.run, draft.intent.attempt);
    let mut properties = vec![("external.table.purge", "true"), (VERSION_PROPERTY, version.as_str())];
    properties.extend(row_count.map(|rows| (ROWS_PROPERTY, rows)));
    ddl::create_external(&draft.intent.table, columns, format, directory, &properties)
}
