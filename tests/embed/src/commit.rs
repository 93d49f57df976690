//! What a commit changes in the catalog.

use publish_core::{
    Commit, CommitKind, Committed, Error, ErrorKind, LoadSource, Phase, Requirement, Result, RunContext,
    RunId, TableName, TableSchema,
};

use super::catalog::{Catalog, Table, now};

/// The folder, from the one of all data, that an attempt stages its rows in. Tables have no folder in common.
pub(crate) fn staging_folder(table: &TableName, run: &RunId, attempt: u32) -> String {
    format!("{}/{}", table.name, table.beside(run, attempt).name)
}

/// One change of the catalog: everything that it needs to know is in it.
#[derive(Debug)]
pub(crate) struct Change {
    run: RunId,
    attempt: u32,
    keeps_journal: bool,
    table: TableName,
    kind: CommitKind,
    requirements: Vec<Requirement>,
    columns: TableSchema,
    /// The folder with the rows, where there are any to load.
    folder: Option<String>,
    rows: Option<u64>,
}

impl Change {
    /// Reads what the commit wants and what was staged for it.
    pub(crate) fn new(commit: &Commit, run: &RunContext) -> Result<Self> {
        let staged = match commit.load {
            Some(LoadSource::Staged(step)) => run.prepared(step),
            _ => None,
        };
        let rows = staged.and_then(|staged| staged.row_count);
        if commit.kind.loads_rows()
            && (rows.is_none() || run.expected_rows().is_some_and(|all| rows != Some(all)))
        {
            return Err(Error::new(
                ErrorKind::BadData,
                "Other rows were staged than there are; publish again",
            )
            .with_context("table", &commit.table));
        }
        Ok(Self {
            run: run.run().clone(),
            attempt: run.attempt(),
            keeps_journal: run.keeps_journal(),
            table: commit.table.clone(),
            kind: commit.kind.clone(),
            requirements: commit.requirements.clone(),
            columns: TableSchema::new(commit.columns.columns.clone()),
            folder: commit.kind.loads_rows().then(|| staging_folder(&commit.table, run.run(), run.attempt())),
            rows,
        })
    }

    /// Checks what must hold, enters the files, and writes the evidence. All of it gets into the file, or nothing.
    pub(crate) fn apply(self, catalog: &mut Catalog) -> Result<Committed> {
        catalog.check(&self.requirements)?;
        if self.keeps_journal {
            catalog.prepared(&self.run, self.attempt)?;
        }
        let change = catalog.next_change();
        let mut old = catalog.tables.remove(&self.table.name).unwrap_or_default();
        let mut folders = std::mem::take(&mut old.folders);
        let kept = match &self.kind {
            CommitKind::Append => folders.len(),
            CommitKind::Custom { arguments, .. } => {
                let keep = arguments["keep"].as_u64().unwrap_or(u64::MAX).saturating_sub(1);
                folders.len().min(usize::try_from(keep).unwrap_or(usize::MAX))
            }
            _ => 0,
        };
        let replaced: Vec<String> = folders.drain(..folders.len() - kept).collect();
        folders.extend(self.folder);
        let is_new =
            matches!(self.kind, CommitKind::Create | CommitKind::CreateLoaded | CommitKind::ReplaceTable);
        let version = if is_new { change } else { old.version };
        catalog.tables.insert(self.table.name, Table { schema: self.columns, version, folders });
        if self.keeps_journal {
            let run = catalog.prepared(&self.run, self.attempt)?;
            (run.phase, run.rows, run.replaced, run.written) = (Phase::Published, self.rows, replaced, now());
        }
        Ok(Committed::rows(self.rows))
    }
}
