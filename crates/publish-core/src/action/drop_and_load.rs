//! `dropAndLoad`: columns and rows are replaced.

use super::{Action, ActionContext};
use crate::{ActionName, CommitKind, Intent, Result, TableState};

/// Replaces a table's columns and rows by those of the results. A table that is not there is made under the very name.
#[derive(Clone, Copy, Debug, Default)]
pub struct DropAndLoad;

impl DropAndLoad {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("dropAndLoad");
}

impl Action for DropAndLoad {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        match context.found {
            TableState::Absent => Ok(context
                .intent(CommitKind::CreateLoaded)
                .with_note("there is no table to drop: one is made under the very name")),
            TableState::Present(_) => Ok(context.intent(CommitKind::ReplaceTable)),
        }
    }
}
