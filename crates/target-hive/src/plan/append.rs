//! Rows that are added.

use std::time::Duration;

use publish_core::{Artifact, Plan, PlanBuilder, Result, TableFound, Window};

use super::detail::Detail;
use super::draft::{Draft, FILE_BYTES, Files, Staging};
use crate::config::AppendFiles;
use crate::ddl;
use crate::table::{HiveTable, TableKind};

/// Time that the rename of one file takes at most, as measured on a name node that is not busy.
const RENAME: Duration = Duration::from_millis(10);

/// Adds the rows to those that are there.
pub(super) fn append(draft: &Draft<'_>, found: &TableFound, table: &HiveTable) -> Result<Plan> {
    let rows = draft.rows_of_found(found, table)?;
    let format = rows.format;
    let location = table.location(&draft.intent.table)?;
    let folder = draft.staging_folder(location)?;
    let artifact = Artifact::Files { folder: folder.clone() };
    let is_insert_only = table.kind == TableKind::InsertOnly;
    let files = match draft.loading.append_files {
        _ if is_insert_only => Files::Blocks,
        AppendFiles::Many if draft.results.files.len() > 1 || draft.results.size() > FILE_BYTES => {
            Files::Many
        }
        _ => Files::One,
    };
    let Staging { plan, source, first_name } =
        draft.stage(draft.builder(), &rows, &folder, artifact.clone(), files)?;
    let (title, act, detail) = match files {
        Files::Blocks | Files::Directory => (
            "move the files into the table, in one transaction",
            ddl::load_data(&folder, &draft.intent.table, false),
            Detail::Load { folder, overwrite: false, stem: draft.stem() },
        ),
        Files::One => {
            let file = folder.join(&first_name)?;
            let name = format!("{}.{format}", draft.stem());
            (
                "rename the file into the table's directory, in one act",
                format!("-- rename {file} to {}", location.join(&name)?),
                Detail::Append { file, name },
            )
        }
        Files::Many => (
            "rename the files into the table's directory, one by one",
            format!("-- rename {}, and those after it, into {location}", folder.join(&first_name)?),
            Detail::AppendMany { folder, first: first_name, stem: draft.stem() },
        ),
    };
    let plan = plan
        .commit(title, rows.columns, vec![act])
        .load(source, rows.mapping)
        .detail(detail.to_json()?)
        .tidy("remove the staging folder", artifact, Duration::ZERO, Vec::new());
    let plan = if files == Files::Many { declare(draft, plan) } else { plan };
    draft.tidy_statistics(plan, is_insert_only, format)?.build()
}

/// Declares what readers may see while files are renamed one by one.
fn declare(draft: &Draft<'_>, plan: PlanBuilder) -> PlanBuilder {
    let by_size = u32::try_from(draft.results.size() / FILE_BYTES).unwrap_or(u32::MAX);
    let files = u32::try_from(draft.results.files.len()).unwrap_or(u32::MAX).max(by_size).max(2);
    plan.window(Window::new(
        "some of the new rows, and not yet the others",
        "append_files is many: each file is renamed by itself; with one there is no window",
        RENAME.saturating_mul(files),
    ))
}
