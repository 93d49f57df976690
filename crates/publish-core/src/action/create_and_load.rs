//! `createAndLoad`: a new table with each publication, with its rows.

use super::{Action, ActionContext};
use crate::{ActionName, CommitKind, Intent, PublishRequest, Result, TableNaming, TableState};

/// Makes a new table that appears with the results' rows. Under an `exact` name a table that is there is appended to.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreateAndLoad;

impl CreateAndLoad {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("createAndLoad");
}

impl Action for CreateAndLoad {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn table_naming(&self, request: &PublishRequest) -> TableNaming {
        request.options.table_naming
    }
    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        match context.found {
            TableState::Absent => Ok(context.intent(CommitKind::CreateLoaded)),
            TableState::Present(_) if context.request.options.table_naming == TableNaming::Exact => {
                Ok(context
                    .intent(CommitKind::Append)
                    .with_note("the table exists and its name is exact: rows are added"))
            }
            TableState::Present(_) => Err(context.already_exists()),
        }
    }
}
