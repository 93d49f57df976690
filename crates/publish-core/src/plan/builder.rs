//! Writes plans, and refuses those that could not be undone.

use std::time::Duration;

use super::{Artifact, Commit, LoadSource, Plan, Prepare, PrepareWork, ResultSummary, StepId, Tidy, Window};
use crate::{Atomicity, ColumnMapping, Error, ErrorKind, Intent, Result, ResultSet, TableSchema, TargetName};

/// Writes a [`Plan`] in the order in which it runs.
///
/// Steps are numbered as they are added; [`next_step`](Self::next_step) tells the number of the coming one, for a later
/// step to refer to.
#[derive(Debug)]
pub struct PlanBuilder {
    target: TargetName,
    intent: Intent,
    results: ResultSummary,
    prepare: Vec<Prepare>,
    commit: Option<Commit>,
    commit_count: usize,
    tidy: Vec<Tidy>,
    windows: Vec<Window>,
    notes: Vec<String>,
    step_count: u16,
}

impl PlanBuilder {
    /// Starts the plan of `target` for `intent`.
    pub fn new(target: TargetName, intent: &Intent, results: &ResultSet) -> Self {
        let summary = ResultSummary {
            format: results.format,
            file_count: results.files.len() as u64,
            bytes: results.size(),
            row_count: results.row_count(),
        };
        Self {
            target,
            intent: intent.clone(),
            results: summary,
            prepare: Vec::new(),
            commit: None,
            commit_count: 0,
            tidy: Vec::new(),
            windows: Vec::new(),
            notes: intent.notes.iter().chain(&results.notes).cloned().collect(),
            step_count: 0,
        }
    }

    /// The number that the next step gets.
    pub fn next_step(&self) -> StepId {
        StepId(self.step_count + 1)
    }

    /// Adds a step before the commit, with everything it makes.
    #[must_use]
    pub fn prepare(
        mut self,
        title: impl Into<String>,
        work: PrepareWork,
        makes: Vec<Artifact>,
        statements: Vec<String>,
    ) -> Self {
        let step = self.number();
        self.prepare.push(Prepare { step, title: title.into(), work, makes, statements });
        self
    }

    /// Adds the commit, which leaves the table with `columns`.
    #[must_use]
    pub fn commit(mut self, title: impl Into<String>, columns: TableSchema, statements: Vec<String>) -> Self {
        let step = self.number();
        self.notes.extend(columns.notes.iter().cloned());
        self.commit_count += 1;
        self.commit = Some(Commit {
            step,
            title: title.into(),
            table: self.intent.table.clone(),
            kind: self.intent.kind.clone(),
            requirements: self.intent.requirements.clone(),
            columns,
            mapping: None,
            load: None,
            detail: serde_json::Value::Null,
            statements,
        });
        self
    }

    /// Says where the commit's rows come from, and which column goes where.
    #[must_use]
    pub fn load(mut self, source: LoadSource, mapping: ColumnMapping) -> Self {
        if let Some(commit) = &mut self.commit {
            commit.load = Some(source);
            commit.mapping = Some(mapping);
        }
        self
    }

    /// Adds what the target notes for itself with the commit.
    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        if let Some(commit) = &mut self.commit {
            commit.detail = detail;
        }
        self
    }

    /// Adds a step after the commit, no earlier than `after` it.
    #[must_use]
    pub fn tidy(
        mut self,
        title: impl Into<String>,
        artifact: Artifact,
        after: Duration,
        statements: Vec<String>,
    ) -> Self {
        let step = self.number();
        self.tidy.push(Tidy { step, title: title.into(), artifact, after, statements });
        self
    }

    /// Declares what readers may see other than the old table or the new one.
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.windows.push(window);
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    fn number(&mut self) -> StepId {
        self.step_count += 1;
        StepId(self.step_count)
    }

    /// Checks the plan.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected), a fault of the target, if
    /// - there is not exactly one commit, or one without requirements;
    /// - a step before the commit makes nothing, so that it has no undo, or makes something without the run's id;
    /// - rows are to be loaded and nothing says from where;
    /// - a declared window has no reason or no length.
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) if there is a window and the request says `atomic = "required"`.
    pub fn build(self) -> Result<Plan> {
        let fault =
            |message: &str| Error::new(ErrorKind::Unexpected, message).with_context("target", &self.target);
        let commit = match self.commit {
            Some(commit) if self.commit_count == 1 => commit,
            _ => {
                return Err(
                    fault("A plan must have exactly one commit").with_context("found", self.commit_count)
                );
            }
        };
        if commit.requirements.is_empty() {
            return Err(fault("A commit must say what has to hold"));
        }
        if commit.kind.loads_rows() && (commit.load.is_none() || commit.mapping.is_none()) {
            return Err(fault("A commit that brings rows must say where they come from"));
        }
        for step in &self.prepare {
            if step.makes.is_empty() {
                return Err(fault("A step before the commit must name what it makes, or it can't be undone")
                    .with_context("step", &step.title));
            }
            if let Some(artifact) =
                step.makes.iter().find(|artifact| !artifact.is_named_after(&self.intent.run))
            {
                return Err(fault("What a step before the commit makes must carry the run's id in its name")
                    .with_context("step", &step.title)
                    .with_context("makes", artifact));
            }
        }
        if self.windows.iter().any(|window| window.reason.is_empty() || window.length.is_zero()) {
            return Err(fault("A window must have a reason and a length"));
        }
        if let (Atomicity::Required, Some(window)) = (self.intent.options.atomic, self.windows.first()) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "The request says that it must be atomic, and readers would see a window; drop the demand, or use another action",
            )
            .with_context("readers may see", &window.sees)
            .with_context("because", &window.reason));
        }
        Ok(Plan {
            run: self.intent.run,
            attempt: self.intent.attempt,
            action: self.intent.action,
            target: self.target,
            results: self.results,
            prepare: self.prepare,
            commit,
            tidy: self.tidy,
            windows: self.windows,
            notes: self.notes,
        })
    }
}

#[cfg(test)]
mod tests;
