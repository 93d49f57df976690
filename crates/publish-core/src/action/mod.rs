//! The ways results are published.

mod create;
mod create_and_load;
mod drop_and_load;
mod load;
mod truncate_and_load;

pub use create::Create;
pub use create_and_load::CreateAndLoad;
pub use drop_and_load::DropAndLoad;
pub use load::Load;
pub use truncate_and_load::TruncateAndLoad;

use std::fmt;

use crate::{
    ActionName, CommitKind, Error, ErrorKind, Intent, PublishRequest, Requirement, Result, RunId, TableName,
    TableNaming, TableState,
};

/// Everything an action may know. All of it was read before planning starts.
#[derive(Debug)]
#[non_exhaustive]
pub struct ActionContext<'a> {
    /// The run being planned.
    pub run: &'a RunId,
    /// Which try of the run, from 1.
    pub attempt: u32,
    /// What was asked.
    pub request: &'a PublishRequest,
    /// The table under its final name: with the timestamp, where [`Action::table_naming`] says so.
    pub table: &'a TableName,
    /// That table as found.
    pub found: &'a TableState,
}

impl<'a> ActionContext<'a> {
    /// Creates a context, for the engine and for tests of actions.
    pub fn new(
        run: &'a RunId,
        attempt: u32,
        request: &'a PublishRequest,
        table: &'a TableName,
        found: &'a TableState,
    ) -> Self {
        Self { run, attempt, request, table, found }
    }

    /// Writes an intent of `kind` for this table, which must be absent, or unchanged, as it was found.
    pub fn intent(&self, kind: CommitKind) -> Intent {
        let requirement = match self.found {
            TableState::Absent => Requirement::Absent { table: self.table.clone() },
            TableState::Present(found) => {
                Requirement::Unchanged { table: self.table.clone(), version: found.version.clone() }
            }
        };
        Intent {
            run: self.run.clone(),
            attempt: self.attempt,
            action: self.request.action.clone(),
            table: self.table.clone(),
            kind,
            requirements: vec![requirement],
            options: self.request.options.clone(),
            server: serde_json::Value::Null,
            notes: Vec::new(),
        }
    }

    fn not_found(&self) -> Error {
        Error::new(
            ErrorKind::NotFound,
            "The table does not exist; use createAndLoad or dropAndLoad to make it, or correct its name",
        )
        .with_context("table", self.table)
    }

    fn already_exists(&self) -> Error {
        Error::new(
            ErrorKind::AlreadyExists,
            "The table exists; use load to add rows, dropAndLoad to replace it, or a timestamped name",
        )
        .with_context("table", self.table)
    }
}

/// A way to publish.
///
/// # Contract
/// - An action decides, it does not do: [`intend`](Self::intend) is pure, so it can be shown, tested and repeated
///   without touching anything.
/// - It says what must be true afterwards and never names a target: the target finds the way.
/// - The intent's requirements name the table.
///
/// The test kit's action suite checks each rule.
pub trait Action: fmt::Debug + Send + Sync + 'static {
    /// The registered name.
    fn name(&self) -> &ActionName;

    /// Whether the table gets a name of its own with each publication. The name as asked unless overridden.
    fn table_naming(&self, request: &PublishRequest) -> TableNaming {
        let _ = request;
        TableNaming::Exact
    }

    /// Says what must be true afterwards.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) or [`AlreadyExists`](ErrorKind::AlreadyExists) where the action needs the
    /// table, or needs its name free.
    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent>;
}

#[cfg(test)]
mod tests;
