//! A session with a folder.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use async_trait::async_trait;
use publish_core::{
    Artifact, Commit, Committed, Error, ErrorKind, Journal, JournalEntry, Outcome, Phase, Prepare, Prepared,
    Result, RunContext, RunId, TableName, TableState, TargetSession,
};

use super::catalog::{CatalogFile, blocking};
use super::commit::Change;
use super::journal::FolderJournal;

/// A session with a [`FolderTarget`](super::FolderTarget).
#[derive(Debug)]
pub(crate) struct FolderSession {
    catalog: CatalogFile,
    journal: FolderJournal,
}

impl FolderSession {
    pub(crate) fn new(catalog: CatalogFile) -> Self {
        Self { journal: FolderJournal { catalog: catalog.clone() }, catalog }
    }

    /// Removes the folders that a run took out of its table. None that a table still has is touched.
    async fn remove_replaced(&self, run: &RunId) -> Result<()> {
        let catalog = self.catalog.read().await?;
        let kept: BTreeSet<&String> = catalog.tables.values().flat_map(|table| &table.folders).collect();
        let Some(run) = catalog.runs.get(run) else { return Ok(()) };
        let replaced = run.replaced.iter().filter(|folder| !kept.contains(folder));
        let data = self.catalog.root().join("data");
        let folders: Vec<_> = replaced.map(|folder| data.join(folder)).collect();
        blocking(move || {
            for folder in folders {
                match fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(Error::new(
                            ErrorKind::Unavailable,
                            "The files can't be removed; remove them",
                        )
                        .with_context("folder", folder.display())
                        .with_source(error));
                    }
                    _ => {}
                }
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl TargetSession for FolderSession {
    async fn inspect(&mut self, table: &TableName) -> Result<TableState> {
        Ok(self.catalog.read().await?.state(table))
    }

    async fn prepare(&mut self, step: &Prepare, _: &RunContext) -> Result<Prepared> {
        // Files are staged by the engine, and a folder's plan has no other step.
        Err(unknown("step", &step.title))
    }

    async fn undo(&mut self, artifact: &Artifact, _: &RunContext) -> Result<()> {
        Err(unknown("artifact", &artifact.to_string()))
    }

    // ANCHOR: commit
    async fn commit(&mut self, commit: &Commit, run: &RunContext) -> Result<Committed> {
        run.check_cancelled()?;
        let change = Change::new(commit, run)?;
        // From here on it can't be stopped: the change runs to its end, also if this future is dropped.
        self.catalog.change(move |catalog| change.apply(catalog)).await
    }

    async fn outcome(&mut self, entry: &JournalEntry, run: &RunContext) -> Result<Outcome> {
        if !run.keeps_journal() {
            return Ok(Outcome::Unknown);
        }
        let (id, attempt) = (entry.record.run.clone(), entry.record.attempt);
        self.catalog
            .change(move |catalog| {
                catalog.fence(&id, attempt);
                Ok(match catalog.runs.get(&id) {
                    Some(run) if run.phase == Phase::Published => Outcome::Done(Committed::rows(run.rows)),
                    Some(_) => Outcome::NotDone,
                    None => Outcome::Unknown,
                })
            })
            .await
    }
    // ANCHOR_END: commit

    async fn tidy(&mut self, artifact: &Artifact, run: &RunContext) -> Result<()> {
        match artifact {
            Artifact::Custom { name, .. } if name == "folder.replaced" => {
                self.remove_replaced(run.run()).await
            }
            _ => Err(unknown("artifact", &artifact.to_string())),
        }
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.journal
    }

    async fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn unknown(what: &'static str, name: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "A folder knows nothing of this kind").with_context(what, name)
}
