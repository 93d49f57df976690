//! Columns and rows that are replaced by one call of the metastore.

use std::time::Duration;

use publish_core::{Location, PlanBuilder, Result, TableFound, TableSchema, Window};

use super::detail::{Detail, VERSION_PROPERTY, version_value};
use super::draft::{Draft, Files, Rows, Staging};
use super::replace_rows::{new_directory_beside, tidy_replaced};
use super::statistics::ROWS_PROPERTY;
use crate::ddl;
use crate::table::HiveTable;

/// Length of the instant: 5 of 338 looks fell into it at seven changes a second, so it lasts 2 ms; rounded up.
const WINDOW: Duration = Duration::from_millis(10);

/// Replaces columns and rows. Grants, comments and properties stay.
pub(super) fn alter(
    draft: &Draft<'_>,
    found: &TableFound,
    table: &HiveTable,
    rows: Rows,
) -> Result<PlanBuilder> {
    let old = table.location(&draft.intent.table)?;
    let directory = new_directory_beside(draft, old)?;
    let artifact = draft.directory_artifact(&directory);
    let Staging { plan, source, .. } =
        draft.stage(draft.builder(), &rows, &directory, artifact, Files::Directory)?;
    let is_same = found.schema.has_same_columns(&rows.columns);
    let statement = call(draft, &rows.columns, is_same, &directory);
    let title = if is_same {
        "point the table to the new files, in one transaction of the metastore"
    } else {
        "give the table its new columns and files, in one transaction of the metastore"
    };
    let plan = plan
        .commit(title, rows.columns, vec![statement])
        .load(source, rows.mapping)
        .detail(Detail::Alter { directory }.to_json()?);
    let plan = if is_same { plan } else { plan.window(window()) };
    tidy_replaced(draft, table, old, plan)
}

/// The instant that no transaction covers.
fn window() -> Window {
    Window::new(
        "the old columns over the new files, where their look at the table falls into the change",
        "the metastore answers a look by several queries; front = \"view\" has no such instant, nor have results of the same \
         columns, and a metastore with CachedStore does not show it",
        WINDOW,
    )
}

/// The call, in the words of the metastore's interface.
fn call(draft: &Draft<'_>, columns: &TableSchema, is_same: bool, directory: &Location) -> String {
    let intent = draft.intent;
    let version = version_value(&intent.run, intent.attempt);
    let columns = (!is_same).then_some(columns.columns.as_slice());
    let noted = draft.noted_rows();
    let mut properties = vec![(VERSION_PROPERTY, version.as_str())];
    properties.extend(noted.as_deref().map(|rows| (ROWS_PROPERTY, rows)));
    ddl::metastore_alter(&intent.table, columns, directory, &properties)
}
