//! Rows that are added.

use std::time::Duration;

use publish_core::{Artifact, Plan, Result, TableFound};

use super::detail::Detail;
use super::draft::{Draft, Files, Staging};
use crate::ddl;
use crate::table::{HiveTable, TableKind};

/// Adds the rows to those that are there.
pub(super) fn append(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<Plan> {
    let rows = draft.rows_of_found(found, table)?;
    let location = table.location(&draft.intent.table)?;
    let folder = draft.staging_folder(location)?;
    let artifact = Artifact::Files { folder: folder.clone() };
    if table.kind == TableKind::InsertOnly {
        let Staging { plan, source, .. } =
            draft.stage(draft.builder(), &rows, &folder, artifact.clone(), Files::Blocks)?;
        let statement = ddl::load_data(&folder, &draft.intent.table, false);
        let detail = Detail::Load { folder, overwrite: false, stem: draft.stem() };
        return plan
            .commit("move the files into the table, in one transaction", rows.columns, vec![statement])
            .load(source, rows.mapping)
            .detail(detail.to_json()?)
            .tidy("remove the staging folder", artifact, Duration::ZERO, Vec::new())
            .build();
    }
    let Staging { plan, source, first_name } =
        draft.stage(draft.builder(), &rows, &folder, artifact.clone(), Files::One)?;
    let file = folder.join(&first_name)?;
    let name = format!("{}.{}", draft.stem(), rows.format);
    let act = format!("-- rename {file} to {}", location.join(&name)?);
    plan.commit("rename the file into the table's directory, in one act", rows.columns, vec![act])
        .load(source, rows.mapping)
        .detail(Detail::Append { file, name }.to_json()?)
        .tidy("remove the staging folder", artifact, Duration::ZERO, Vec::new())
        .build()
}
