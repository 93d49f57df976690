//! `roll`: a table that keeps its last publications.

use publish_core::{
    Action, ActionContext, ActionName, CommitKind, Error, ErrorKind, Intent, Result, TableState,
};

/// Adds the results' rows, and lets the rows of the oldest publications go: the table keeps those of the last three,
/// or of as many as the request's setting `keep` says. Makes the table where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roll;

impl Roll {
    /// The name it is registered under.
    pub const NAME: ActionName = ActionName::new("roll");

    /// The name of its commit, for targets that know it.
    pub const COMMIT: &'static str = "embed.roll";

    /// Publications kept unless said.
    const KEEP: u64 = 3;
}

// ANCHOR: action
impl Action for Roll {
    fn name(&self) -> &ActionName {
        const { &Self::NAME }
    }

    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        let keep = match context.request.options.extra.get("keep") {
            None => Self::KEEP,
            Some(keep) => keep.as_u64().filter(|keep| *keep > 0).ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest, "keep is a number of publications, at least 1")
                    .with_context("keep", keep)
            })?,
        };
        if *context.found == TableState::Absent {
            return Ok(context.intent(CommitKind::CreateLoaded));
        }
        let arguments = serde_json::json!({ "keep": keep });
        let kind = CommitKind::Custom { name: Self::COMMIT.to_owned(), arguments };
        Ok(context.intent(kind).with_note(format!("the table keeps its last {keep} publications")))
    }
}
// ANCHOR_END: action
