//! Rows that take the place of those that are there.

use std::time::Duration;

use publish_core::{Artifact, Error, ErrorKind, Location, Plan, PlanBuilder, Result, TableFound};

use super::alter::alter;
use super::detail::{Detail, ReplacedDirectory};
use super::draft::{Draft, Files, Staging, parent};
use crate::ddl;
use crate::table::{HiveTable, TableKind, is_version_directory};

/// Replaces the rows. Columns, grants and everything else stay.
pub(super) fn replace_rows(
    draft: &Draft<'_>,
    found: &TableFound,
    table: &HiveTable,
    notes: &[&str],
) -> Result<Plan> {
    let plan = if table.kind == TableKind::InsertOnly {
        overwrite(draft, found, table)?
    } else if draft.config.metastore.is_some() {
        alter(draft, found, table, draft.rows_of_found(found, table)?)?
    } else {
        relocate(draft, found, table)?
    };
    notes.iter().fold(plan, |plan, note| plan.note(*note)).build()
}

/// Fills a directory beside the table's, and points the table to it.
fn relocate(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<PlanBuilder> {
    let rows = draft.rows_of_found(found, table)?;
    let intent = draft.intent;
    let old = table.location(&intent.table)?;
    let directory = new_directory_beside(draft, old)?;
    let artifact = draft.directory_artifact(&directory);
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &directory, artifact, Files::Directory)?;
    let (format, statement) = (rows.format, ddl::set_location(&intent.table, &directory));
    let plan = plan
        .commit("point the table to the new files, in one act", rows.columns, vec![statement])
        .load(source, rows.mapping)
        .detail(Detail::Relocate { directory }.to_json()?);
    let plan = tidy_replaced(draft, table, old, plan)?;
    draft.tidy_statistics(plan, false, format)
}

/// The directory of the table's next version, beside the one that it has.
pub(super) fn new_directory_beside(draft: &Draft<'_>, old: &Location) -> Result<Location> {
    let directory = draft.version_directory(&parent(old)?)?;
    if old.is_within(&directory) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "The table still has the files of an earlier run of this id; give a new run id",
        )
        .with_context("run", &draft.intent.run)
        .with_context("location", old));
    }
    Ok(directory)
}

/// Adds the step that removes what the commit takes out of the table.
pub(super) fn tidy_replaced(
    draft: &Draft<'_>,
    table: &HiveTable,
    old: &Location,
    plan: PlanBuilder,
) -> Result<PlanBuilder> {
    let intent = draft.intent;
    let replaced = ReplacedDirectory {
        table: intent.table.clone(),
        replaced_by: intent.run.clone(),
        attempt: intent.attempt,
        directory: old.clone(),
        purge: table.purge,
    };
    let artifact =
        Artifact::Custom { name: ReplacedDirectory::NAME.to_owned(), arguments: replaced.to_json()? };
    let is_ours = is_version_directory(old);
    Ok(if is_ours || table.purge {
        let title = if is_ours { "remove the replaced directory" } else { "remove the replaced files" };
        plan.tidy(title, artifact, draft.config.grace(), vec![format!("-- remove {old}")])
    } else {
        plan.tidy("remove replaced directories that a publish made", artifact, draft.config.grace(), Vec::new())
            .note(format!(
                "the replaced files stay in {old}: no publish made them, and the table has no external.table.purge"
            ))
    })
}

/// Loads a staged folder in place of what is there, in one transaction.
fn overwrite(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<PlanBuilder> {
    let rows = draft.rows_of_found(found, table)?;
    let folder = draft.staging_folder(table.location(&draft.intent.table)?)?;
    let artifact = Artifact::Files { folder: folder.clone() };
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &folder, artifact.clone(), Files::Blocks)?;
    let (format, statement) = (rows.format, ddl::load_data(&folder, &draft.intent.table, true));
    let detail = Detail::Load { folder, overwrite: true, stem: draft.stem() };
    let plan = plan
        .commit("replace the table's files, in one transaction", rows.columns, vec![statement])
        .load(source, rows.mapping)
        .detail(detail.to_json()?)
        .tidy("remove the staging folder", artifact, Duration::ZERO, Vec::new())
        .note("LOAD DATA OVERWRITE waits for running readers of the table, unless the server has hive.txn.xlock.iow=false");
    draft.tidy_statistics(plan, true, format)
}
