//! `create`: a new table with each publication, without rows.

use super::{Action, ActionContext};
use crate::{ActionName, CommitKind, Intent, PublishRequest, Result, TableNaming, TableState};

/// Makes a new, empty table with the results' columns. Its name gets a timestamp unless the request says `exact`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Create;

impl Create {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("create");
}

impl Action for Create {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn table_naming(&self, request: &PublishRequest) -> TableNaming {
        request.options.table_naming
    }
    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        match context.found {
            TableState::Absent => Ok(context.intent(CommitKind::Create)),
            TableState::Present(_) => Err(context.already_exists()),
        }
    }
}
