//! Removing what a run made, and what its commit took out of a table. What a live table references stays.

use futures::StreamExt;
use publish_core::{Artifact, Error, ErrorKind, Location, Result, RunContext, Storages, TableName};
use serde::Deserialize;

use super::references::Proof;
use super::{HiveSession, Stop};
use crate::commit::{Replaced, is_same_place};
use crate::ddl;
use crate::error::{hive_error, is_missing_table};
use crate::files::ConsumedFiles;
use crate::plan::{DIRECTORY, HiddenTable, ReplacedDirectory, StaleStatistics};
use crate::table::{HiveTable, SHOWN_PROPERTY, is_version_directory};

/// The arguments of an artifact that is a directory of a table's version.
#[derive(Deserialize)]
struct VersionDirectory {
    table: TableName,
    directory: Location,
}

impl HiveSession {
    /// Removes an artifact. `proof` says how sure it must be that nobody else has the files of a table that is dropped.
    pub(super) async fn remove(&mut self, artifact: &Artifact, proof: Proof, run: &RunContext) -> Result<()> {
        match artifact {
            Artifact::Table { table } => self.drop_table(table, proof, run).await,
            Artifact::Custom { name, arguments } if name == DIRECTORY => {
                let VersionDirectory { table, directory } = read(arguments)?;
                self.remove_directory(&table, &directory, run).await
            }
            Artifact::Custom { name, arguments } if name == ReplacedDirectory::NAME => {
                let replaced: ReplacedDirectory = read(arguments)?;
                self.remove_replaced(&replaced, run).await
            }
            Artifact::Custom { name, arguments } if name == HiddenTable::NAME => {
                let hidden: HiddenTable = read(arguments)?;
                self.remove_hidden(&hidden, run).await
            }
            Artifact::Custom { name, arguments } if name == ConsumedFiles::NAME => {
                let consumed: ConsumedFiles = read(arguments)?;
                self.put_back(&consumed, run).await
            }
            Artifact::Custom { name, arguments } if name == StaleStatistics::NAME => {
                let stale: StaleStatistics = read(arguments)?;
                self.analyze(&stale.table, run).await
            }
            other => Err(Error::new(ErrorKind::Unsupported, "This target does not know how to remove that")
                .with_context("artifact", other)),
        }
    }

    /// Puts the job's own files back, then removes what held them.
    async fn put_back(&mut self, consumed: &ConsumedFiles, run: &RunContext) -> Result<()> {
        match consumed.inside.as_ref() {
            Artifact::Files { folder } => {
                consumed.put_back(&self.storages).await?;
                self.storages.at(folder)?.delete_folder(folder).await
            }
            Artifact::Custom { name, arguments } if name == DIRECTORY => {
                let VersionDirectory { table, directory } = read(arguments)?;
                self.check_unreferenced(&table, &directory, run).await?;
                consumed.put_back(&self.storages).await?;
                self.remove_directory(&table, &directory, run).await
            }
            other => Err(Error::new(ErrorKind::Unsupported, "This target does not know how to remove that")
                .with_context("artifact", other)),
        }
    }

    /// Brings the statistics of a table up to date, if it is still there.
    async fn analyze(&mut self, table: &TableName, run: &RunContext) -> Result<()> {
        match self.server.ask(&ddl::analyze(table), None, Stop::OnCancel, run).await? {
            Err(error) if !is_missing_table(&error) => Err(hive_error(error).with_context("table", table)),
            _ => Ok(()),
        }
    }

    /// Drops a table that a view showed, unless the view shows it again.
    async fn remove_hidden(&mut self, hidden: &HiddenTable, run: &RunContext) -> Result<()> {
        let shown = self.describe(&hidden.view, run).await?;
        if shown.is_some_and(|view| view.parameter(SHOWN_PROPERTY) == Some(hidden.table.name.as_str())) {
            return Ok(());
        }
        self.drop_table(&hidden.table, Proof::Required, run).await
    }

    /// Drops a table. Where that deletes its files, nobody else may have them.
    async fn drop_table(&mut self, table: &TableName, proof: Proof, run: &RunContext) -> Result<()> {
        let Some(description) = self.describe(table, run).await? else { return Ok(()) };
        let found = HiveTable::of(&description)?;
        let deletes_files = found.purge || !found.kind.is_plain();
        if let Some(directory) = found.location.filter(|_| deletes_files) {
            self.check_unshared(&directory, table, Some(table), proof, run).await?;
        }
        self.server.run(&ddl::drop_table(table), None, Stop::OnCancel, run).await
    }

    /// Removes a directory that a publish made and no commit took in, unless a table has it.
    async fn remove_directory(
        &mut self,
        table: &TableName,
        directory: &Location,
        run: &RunContext,
    ) -> Result<()> {
        if !is_version_directory(directory) {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "No publish made this directory; it is left alone",
            )
            .with_context("directory", directory));
        }
        self.check_unreferenced(table, directory, run).await?;
        self.check_unshared(directory, table, None, Proof::Sought, run).await?;
        self.storages.at(directory)?.delete_folder(directory).await
    }

    /// Fails if the table has the directory.
    async fn check_unreferenced(
        &mut self,
        table: &TableName,
        directory: &Location,
        run: &RunContext,
    ) -> Result<()> {
        if self.is_referenced(table, directory, run).await? {
            return Err(Error::new(ErrorKind::Busy, "A table still has this directory; it is left alone")
                .with_context("table", table)
                .with_context("directory", directory));
        }
        Ok(())
    }

    /// Whether the table that is published to has the directory.
    async fn is_referenced(
        &mut self,
        table: &TableName,
        directory: &Location,
        run: &RunContext,
    ) -> Result<bool> {
        let Some(description) = self.describe(table, run).await? else { return Ok(false) };
        let location = HiveTable::of(&description)?.location;
        Ok(location
            .is_some_and(|location| is_same_place(&location, directory) || location.is_within(directory)))
    }

    /// Removes what a replace took out of its table: what the plan saw, and what was there at the commit.
    async fn remove_replaced(&mut self, replaced: &ReplacedDirectory, run: &RunContext) -> Result<()> {
        let noted = match self.journal.entry(&replaced.replaced_by).await? {
            Some(entry) if entry.entry.record.attempt == replaced.attempt => {
                entry.notes.iter().filter_map(Replaced::of_note).collect()
            }
            _ => Vec::new(),
        };
        let is_noted = noted.iter().any(|noted: &Replaced| is_same_place(&noted.before, &replaced.directory));
        for Replaced { before, files } in noted {
            if is_version_directory(&before) {
                self.remove_old_version(&replaced.table, &before, run).await?;
            } else if replaced.purge {
                self.remove_old_files(&replaced.table, &before, &files, run).await?;
            }
        }
        if !is_noted && is_version_directory(&replaced.directory) {
            self.remove_old_version(&replaced.table, &replaced.directory, run).await?;
        }
        Ok(())
    }

    /// Removes a directory that readers knew. One that the table has again stays without a word.
    async fn remove_old_version(
        &mut self,
        table: &TableName,
        directory: &Location,
        run: &RunContext,
    ) -> Result<()> {
        if self.is_referenced(table, directory, run).await? {
            return Ok(());
        }
        self.check_unshared(directory, table, None, Proof::Required, run).await?;
        self.storages.at(directory)?.delete_folder(directory).await
    }

    /// Removes the files that a directory held when it was replaced, and nothing that came later.
    async fn remove_old_files(
        &mut self,
        table: &TableName,
        directory: &Location,
        files: &[String],
        run: &RunContext,
    ) -> Result<()> {
        if self.is_referenced(table, directory, run).await? {
            return Ok(());
        }
        self.check_unshared(directory, table, None, Proof::Required, run).await?;
        let storage = self.storages.at(directory)?;
        for name in files {
            run.check_cancelled()?;
            storage.delete(&directory.join(name)?).await?;
        }
        Ok(())
    }
}

/// The names of the files in a directory, relative to it. `None` if there are more than `most`.
pub(crate) async fn file_names(
    storages: &Storages,
    directory: &Location,
    most: usize,
) -> Result<Option<Vec<String>>> {
    let mut listed = storages.at(directory)?.list(directory);
    let prefix = format!("{}/", directory.as_str().trim_end_matches('/'));
    let mut names = Vec::new();
    while let Some(file) = listed.next().await {
        let location = file?.location;
        if names.len() == most {
            return Ok(None);
        }
        names.extend(location.as_str().strip_prefix(&prefix).map(ToOwned::to_owned));
    }
    Ok(Some(names))
}

fn read<'a, T: Deserialize<'a>>(arguments: &'a serde_json::Value) -> Result<T> {
    T::deserialize(arguments).map_err(|error| {
        Error::new(
            ErrorKind::Unexpected,
            "What is to be removed was written by another version of this target",
        )
        .with_source(error)
    })
}
