//! `truncateAndLoad`: the rows of a table that is there are replaced.

use super::{Action, ActionContext};
use crate::{ActionName, CommitKind, Intent, Result, TableState};

/// Replaces the rows of a table that is there. Its columns, grants and everything else stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct TruncateAndLoad;

impl TruncateAndLoad {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("truncateAndLoad");
}

impl Action for TruncateAndLoad {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        match context.found {
            TableState::Absent => Err(context.not_found()),
            TableState::Present(_) => Ok(context.intent(CommitKind::ReplaceRows)),
        }
    }
}
