//! The place results are published to.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Artifact, Check, ColumnMapping, Commit, Committed, Intent, Journal, JournalEntry, Outcome, Plan, Prepare,
    Prepared, Result, ResultSchema, ResultSet, RunContext, TableName, TableSchema, TableState, TargetName,
};

/// A place results can be published to.
///
/// # Contract
/// - Everything here but [`connect`](Self::connect) is pure: no I/O, the same answer every time.
/// - [`plan`](Self::plan) writes the statements that the session will send, and declares every instant in which a
///   reader may see anything but the old table or the new one.
/// - Values come out as they went in, or [`map_schema`](Self::map_schema) and [`check_fit`](Self::check_fit) refuse
///   them or say in a note what is lost.
/// - Two targets with the same [`identity`](Self::identity) are the same place.
///
/// The test kit's target suite checks each rule.
#[async_trait]
pub trait Target: fmt::Debug + Send + Sync + 'static {
    /// The registered name of its kind.
    fn name(&self) -> &TargetName;

    /// Which place it is, such as a server and its database, without secrets. Locks and digests go by it.
    fn identity(&self) -> &str;

    /// Makes a table's name of a request's `path` and `table`, folded as the target folds names.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the path has the wrong shape or the name is not legal
    /// here; it says what is.
    fn table_name(&self, path: &[String], table: &str) -> Result<TableName>;

    /// Translates the results' columns into this target's types, with a note on everything that is lost.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) that names every column that has no type here.
    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema>;

    /// Maps the results to a table that is there.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) that names every misfit, see [`check_fit`](crate::check_fit()).
    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping>;

    /// Writes the plan: the way to what `intent` wants.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a commit or a table of a kind that it does not know.
    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan>;

    /// Opens a session. A run uses one for its work, one to keep its lease, and a new one after a lost answer.
    async fn connect(&self, run: &RunContext) -> Result<Box<dyn TargetSession>>;
}

/// A live connection to a target.
///
/// # Contract
/// - Dropping a session, or the future of one of its calls, ends it: an open transaction is rolled back, a running
///   statement stopped. A commit whose future is dropped may have happened; [`outcome`](Self::outcome) tells.
/// - Long calls watch [`RunContext::cancelled`] and stop the statement at the server, up to the point in
///   [`commit`](Self::commit) from which it can no longer be stopped.
/// - An error says in its [`retry`](crate::Error::retry) whether the work was done.
#[async_trait]
pub trait TargetSession: fmt::Debug + Send {
    /// Finishes what a dead run left half-way on this table, where a commit takes more than one act, so that
    /// [`inspect`](Self::inspect) sees the table whole. The engine calls it before each attempt looks at the table, and
    /// not for a plan that is only shown. It must be safe while the other run lives.
    ///
    /// There is nothing to do for a target whose commits are one act, which is what the default says.
    async fn recover(&mut self, table: &TableName, run: &RunContext) -> Result<()> {
        let _ = (table, run);
        Ok(())
    }

    /// Tries what a publish needs besides this session and the journal, such as folders and other servers, one finding
    /// each. Leaves nothing changed.
    ///
    /// The default knows of nothing else.
    async fn check(&mut self, run: &RunContext) -> Vec<Check> {
        let _ = run;
        Vec::new()
    }

    /// Tells what the target's plan has to know of the server beside the table, such as its time zone. It comes back to
    /// the target as [`Intent::server`](crate::Intent::server). Changes nothing.
    ///
    /// There is nothing to tell for a target whose plans are the same at every server, which is what the default says.
    async fn facts(&mut self) -> Result<serde_json::Value> {
        Ok(serde_json::Value::Null)
    }

    /// Looks at a table. Changes nothing.
    async fn inspect(&mut self, table: &TableName) -> Result<TableState>;

    /// Carries out a step before the commit. A step that is repeated first removes what an earlier try of it left.
    async fn prepare(&mut self, step: &Prepare, run: &RunContext) -> Result<Prepared>;

    /// Removes what a step before the commit made. It must be safe where the step never started, and must touch
    /// nothing that the run does not own.
    async fn undo(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()>;

    /// Commits: the whole of it or nothing.
    ///
    /// The requirements are checked inside the act itself; the journal's entry becomes `Published` in it, unless the
    /// run keeps no journal; the row count is compared with [`RunContext::expected_rows`] before it.
    ///
    /// # Errors
    /// [`StalePlan`](crate::ErrorKind::StalePlan) if a requirement does not hold any more, or the attempt was fenced
    /// off. After *any* error the engine asks [`outcome`](Self::outcome).
    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed>;

    /// Says whether the commit of a run's latest attempt happened, after fencing the attempt off so that it can't
    /// happen any more.
    ///
    /// `entry` is what the journal had of the run, or would have. Missing evidence after somebody else's newer commit is
    /// [`Outcome::Unknown`] where the target can't tell.
    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome>;

    /// Removes what a published run no longer needs, or brings it up to date. What a live table references must stay.
    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()>;

    /// The runs of this target.
    fn journal(&mut self) -> &mut dyn Journal;

    /// Closes the session.
    async fn close(self: Box<Self>) -> Result<()>;
}

/// Builds targets of one kind from settings. Hosts register one a kind.
pub trait TargetFactory: fmt::Debug + Send + Sync + 'static {
    /// The name it is registered under.
    fn name(&self) -> &TargetName;

    /// What this kind of target is, in one line, for lists.
    fn description(&self) -> &'static str;

    /// Checks the settings of a connection and builds the target. Does not connect.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) that names the setting.
    fn build(&self, settings: &serde_json::Map<String, serde_json::Value>) -> Result<Arc<dyn Target>>;
}
