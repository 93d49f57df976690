//! What an action is asked with.

use publish_core::{
    Action, ActionContext, ColumnDef, Intent, Location, PublishRequest, RequestOptions, Result, RunId,
    Source, TableFound, TableName, TableNaming, TableSchema, TableState,
};

/// One question to an action: a request, a table, and how the table was found.
#[derive(Clone, Debug)]
pub struct ActionSample {
    /// The run.
    pub run: RunId,
    /// Which try.
    pub attempt: u32,
    /// The request.
    pub request: PublishRequest,
    /// The table.
    pub table: TableName,
    /// The table as found.
    pub found: TableState,
}

impl ActionSample {
    /// A question to `action` about a table that is absent, with an exact name.
    ///
    /// # Errors
    /// None in practice: the sample's own names are legal.
    pub fn absent(action: &dyn Action) -> Result<Self> {
        let mut options = RequestOptions::default();
        options.table_naming = TableNaming::Exact;
        let source = Source::new(vec![Location::parse("mem:///results/")?]);
        let request = PublishRequest::new(source, "orders", action.name().clone()).with_options(options);
        Ok(Self {
            run: RunId::parse("sample_run")?,
            attempt: 2,
            request,
            table: TableName::new("main", "orders"),
            found: TableState::Absent,
        })
    }

    /// The same question about a table that is there.
    ///
    /// # Errors
    /// As [`absent`](Self::absent).
    pub fn present(action: &dyn Action) -> Result<Self> {
        let columns = TableSchema::new(vec![ColumnDef::new("id", "BIGINT")]);
        let found = TableState::Present(TableFound::new(columns, "v7"));
        Ok(Self { found, ..Self::absent(action)? })
    }

    /// Asks.
    ///
    /// # Errors
    /// What the action refuses.
    pub fn ask(&self, action: &dyn Action) -> Result<Intent> {
        action.intend(&ActionContext::new(&self.run, self.attempt, &self.request, &self.table, &self.found))
    }
}
