//! What a run will do, written down before it does it.

mod artifact;
mod builder;
mod display;
mod steps;

pub use artifact::Artifact;
pub use builder::PlanBuilder;
pub use steps::{Commit, LoadSource, Prepare, PrepareWork, StageFiles, StageTable, StepId, Tidy, Window};

use serde::Serialize;

use crate::{ActionName, FileFormat, RunId, TableName, TargetName};

/// What is published, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResultSummary {
    /// Format of the files.
    pub format: FileFormat,
    /// How many files.
    pub file_count: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Rows in them, where they were counted.
    pub row_count: Option<u64>,
}

/// A checked plan: steps that can be undone, one commit, steps that tidy up.
///
/// Only [`PlanBuilder::build`] makes one, and it can be shown (`Display`, `Serialize`) but not read back, so nobody
/// hands in a plan that no target wrote.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Plan {
    run: RunId,
    attempt: u32,
    action: ActionName,
    target: TargetName,
    results: ResultSummary,
    prepare: Vec<Prepare>,
    commit: Commit,
    tidy: Vec<Tidy>,
    windows: Vec<Window>,
    notes: Vec<String>,
}

impl Plan {
    /// The run it is for.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Which try of the run it is for, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The action that wanted it.
    pub fn action(&self) -> &ActionName {
        &self.action
    }

    /// The kind of target that wrote it.
    pub fn target(&self) -> &TargetName {
        &self.target
    }

    /// The table it publishes to.
    pub fn table(&self) -> &TableName {
        &self.commit.table
    }

    /// What it publishes, in figures.
    pub fn results(&self) -> &ResultSummary {
        &self.results
    }

    /// The steps before the commit, in order.
    pub fn prepare(&self) -> &[Prepare] {
        &self.prepare
    }

    /// The commit.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The steps after the commit, in order.
    pub fn tidy(&self) -> &[Tidy] {
        &self.tidy
    }

    /// What readers may see other than the old table or the new one.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// What a reader of the plan should know: losses, files passed over, the way that was chosen and why.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many steps there are.
    pub fn step_count(&self) -> usize {
        self.prepare.len() + 1 + self.tidy.len()
    }
}
