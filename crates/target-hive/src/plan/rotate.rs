//! A table that is renamed away, and a new one that is renamed in: two statements, and an instant between them.

use std::time::Duration;

use publish_core::{Artifact, LoadSource, Plan, PrepareWork, Result, StageTable, Window};

use super::detail::{Detail, VERSION_PROPERTY, version_value};
use super::draft::{Draft, Files, Rows, Staging};
use super::replace_rows::new_directory_beside;
use super::statistics::ROWS_PROPERTY;
use crate::ddl;
use crate::table::{HiveTable, TableKind};

/// Longest time between the two renames that was measured: 0.2 to 0.5 s, and a look at the table between them.
const WINDOW: Duration = Duration::from_millis(700);

/// Replaces columns and rows by two renames.
pub(super) fn rotate(draft: &Draft<'_>, table: &HiveTable, rows: Rows) -> Result<Plan> {
    let intent = draft.intent;
    let beside = intent.table.beside(&intent.run, intent.attempt);
    let away = beside.with_name(format!("{}_old", beside.name));
    let old = table.location(&intent.table)?;
    let properties = properties(draft, table);
    let properties: Vec<(&str, &str)> =
        properties.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let is_insert_only = table.kind == TableKind::InsertOnly;
    let format = rows.format;
    let (folder, artifact, statements) = if is_insert_only {
        let folder = draft.staging_folder(old)?;
        let create = ddl::create_insert_only(&beside, &rows.columns.columns, rows.format, &properties);
        let load = ddl::load_data(&folder, &beside, false);
        (folder.clone(), Artifact::Files { folder }, vec![ddl::drop_table(&beside), create, load])
    } else {
        let directory = new_directory_beside(draft, old)?;
        let create =
            ddl::create_external(&beside, &rows.columns.columns, rows.format, &directory, &properties);
        let artifact = draft.directory_artifact(&directory);
        (directory, artifact, vec![ddl::drop_table(&beside), create])
    };
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &folder, artifact.clone(), Files::Blocks)?;
    let staged = plan.next_step();
    let work = StageTable::new(beside.clone(), rows.columns.clone(), rows.mapping.clone(), source);
    let title = if is_insert_only {
        "make an insert-only table beside and load it"
    } else {
        "make a table beside over the files"
    };
    let commit = vec![
        ddl::show_grants(&intent.table),
        format!("-- {} for each of them, before the renames", ddl::grant_form(&beside)),
        ddl::rename(&intent.table, &away),
        ddl::rename(&beside, &intent.table),
    ];
    let window = Window::new(
        "the error \"Table not found\", or that a file is not there",
        "without a metastore Hive replaces columns by two renames; name `metastore`, or use front = \"view\", to have none",
        WINDOW,
    );
    let plan = plan
        .prepare(title, PrepareWork::StageTable(work), vec![Artifact::Table { table: beside.clone() }], statements)
        .commit("rename the table away and the new one in", rows.columns, commit)
        .load(LoadSource::Table(staged), rows.mapping)
        .detail(Detail::Rotate { beside, away: away.clone() }.to_json()?)
        .window(window)
        .note(
            "the new table has the properties and the grants of the old one (where the user may see them, by the role ADMIN), the \
             owner who publishes, and no comments of columns",
        );
    let plan = if is_insert_only {
        let plan = plan.tidy("remove the staging folder", artifact, Duration::ZERO, Vec::new());
        draft.tidy_statistics(plan, true, format)?
    } else {
        plan
    };
    let statement = ddl::drop_table(&away);
    let plan = plan.tidy(
        "drop the replaced table",
        Artifact::Table { table: away },
        draft.config.grace(),
        vec![statement],
    );
    if table.purge {
        plan.build()
    } else {
        plan.note(format!("the replaced files stay in {old}: the table has no external.table.purge")).build()
    }
}

/// Properties of the new table: those of the old one that are not about its kind, and ours.
fn properties(draft: &Draft<'_>, table: &HiveTable) -> Vec<(String, String)> {
    const OF_THE_KIND: [&str; 6] = [
        "EXTERNAL",
        "TRANSLATED_TO_EXTERNAL",
        "bucketing_version",
        "external.table.purge",
        "transactional",
        "transactional_properties",
    ];
    let kept = table.properties.iter().filter(|(key, _)| !OF_THE_KIND.contains(&key.as_str()));
    let mut properties: Vec<(String, String)> =
        kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    if table.kind != TableKind::InsertOnly {
        // The new table's directory is ours, whoever made the old one's.
        properties.push(("external.table.purge".to_owned(), "true".to_owned()));
        properties.extend(draft.noted_rows().map(|rows| (ROWS_PROPERTY.to_owned(), rows)));
    }
    let version = version_value(&draft.intent.run, draft.intent.attempt);
    properties.push((VERSION_PROPERTY.to_owned(), version));
    properties
}
