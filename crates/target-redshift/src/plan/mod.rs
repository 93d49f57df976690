//! Writing the plan: the way to what an action wants, and what stands in it.

mod draft;
mod load;
mod replace;
mod route;

use publish_core::{CommitKind, Error, ErrorKind, Intent, Plan, Result, ResultSet, TableState};

use crate::target::RedshiftTarget;

use draft::Draft;

/// Writes the plan of `target` for `intent`.
pub(crate) fn plan(
    target: &RedshiftTarget,
    intent: &Intent,
    results: &ResultSet,
    found: &TableState,
) -> Result<Plan> {
    let draft = Draft::new(target, intent, results)?;
    match (&intent.kind, found) {
        (CommitKind::Create, TableState::Absent) => draft.create(),
        (CommitKind::CreateLoaded, TableState::Absent) => draft.create_loaded(),
        (CommitKind::Append, TableState::Present(found)) => draft.append(found),
        (CommitKind::ReplaceRows, TableState::Present(found)) => draft.replace_rows(found),
        (CommitKind::ReplaceTable, TableState::Present(found)) => draft.replace_table(found),
        (kind, _) => Err(Error::new(
            ErrorKind::Unsupported,
            "This target does not know how to do that to such a table; use one of the five actions",
        )
        .with_context("kind", kind)
        .with_context("table", &intent.table)),
    }
}
