//! `load`: rows are added to a table that is there.

use super::{Action, ActionContext};
use crate::{ActionName, CommitKind, Intent, Result, TableState};

/// Adds the results' rows to a table that is there and whose columns they fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load;

impl Load {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("load");
}

impl Action for Load {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        match context.found {
            TableState::Absent => Err(context.not_found()),
            TableState::Present(_) => Ok(context.intent(CommitKind::Append)),
        }
    }
}
