//! The step in which Hive converts files into another format.

use futures::TryStreamExt;
use publish_core::{
    Error, ErrorKind, FileFormat, FileMeta, Location, Prepared, Result, ResultSet, Retry, RunContext,
};
use serde::{Deserialize, Serialize};

use super::{HiveSession, Stop};
use crate::files::{copy_files, prove_rows};

/// Files that Hive reads through one table and writes through another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConvertFiles {
    /// Where they go. What is in it is removed first.
    pub(crate) folder: Location,
    /// How their names begin in the end.
    pub(crate) file_stem: String,
    /// Their format in the end.
    pub(crate) format: FileFormat,
    /// The one folder that the job left them in. It is read as it is if it holds nothing else.
    pub(crate) found: Option<Location>,
    /// Where copies go otherwise.
    pub(crate) copies: Location,
    /// The statement that makes the table over the copies.
    pub(crate) read_copies: String,
    /// The columns whose values are counted.
    pub(crate) columns: Vec<String>,
}

/// The statements of the step, in the order of its plan.
struct Statements<'a> {
    /// Removes the table that an earlier try left.
    before: &'a str,
    /// Makes the table over the job's files.
    read: &'a str,
    /// Make the table over the new files, in place of one that an earlier try left.
    make: [&'a str; 2],
    insert: &'a str,
    /// Count what was read, and what was written.
    counts: [&'a str; 2],
    drops: [&'a str; 2],
}

impl<'a> Statements<'a> {
    fn of(statements: &'a [String]) -> Result<Self> {
        let [before, read, drop, make, insert, counted, written, drop_read, drop_written] = statements else {
            return Err(Error::new(ErrorKind::Unexpected, "The plan is not one of this target"));
        };
        Ok(Self {
            before,
            read,
            make: [drop, make],
            insert,
            counts: [counted, written],
            drops: [drop_read, drop_written],
        })
    }
}

impl ConvertFiles {
    /// The name by which a plan's step knows it.
    pub(crate) const NAME: &'static str = "hive.convertFiles";

    /// Whether the job's folder holds the files and nothing else that Hive would read.
    async fn is_alone(&self, results: &ResultSet, run: &RunContext) -> Result<bool> {
        let Some(found) = &self.found else { return Ok(false) };
        let mut listed = run.storages().at(found)?.list(found);
        let below = found.as_str().trim_end_matches('/').len();
        let mut count = 0;
        while let Some(file) = listed.try_next().await? {
            if is_hidden(&file.location.as_str()[below..]) {
                continue;
            }
            if !results.files.iter().any(|known| known.meta.location == file.location) {
                return Ok(false);
            }
            count += 1;
        }
        Ok(count == results.files.len())
    }

    /// Gives the files that Hive wrote the names of a run's files, and answers them.
    async fn named(&self, run: &RunContext) -> Result<Vec<FileMeta>> {
        let storage = run.storages().at(&self.folder)?;
        let below = self.folder.as_str().trim_end_matches('/').len();
        let mut written: Vec<FileMeta> = storage.list(&self.folder).try_collect().await?;
        written.sort_by(|one, other| one.location.cmp(&other.location));
        let mut files = Vec::new();
        for file in written {
            let relative = &file.location.as_str()[below..];
            if is_hidden(relative) {
                // What a job leaves of its own work. LOAD DATA would refuse the folder for it.
                if let Some(top) = relative.trim_start_matches('/').split('/').next() {
                    storage.delete_folder(&self.folder.join(top)?).await?;
                }
                continue;
            }
            let to = self.folder.join(&format!("{}-{:05}.{}", self.file_stem, files.len(), self.format))?;
            storage.rename(&file.location, &to).await?;
            files.push(storage.head(&to).await?);
        }
        Ok(files)
    }
}

fn is_hidden(relative: &str) -> bool {
    relative.split('/').any(|part| part.starts_with(['_', '.']))
}

impl HiveSession {
    /// Carries the step out: what an earlier try of it left is removed first.
    pub(super) async fn convert(
        &mut self,
        convert: &ConvertFiles,
        statements: &[String],
        run: &RunContext,
    ) -> Result<Prepared> {
        let statements = Statements::of(statements)?;
        let results = run.reader()?.results().clone();
        for folder in [&convert.folder, &convert.copies] {
            run.storages().at(folder)?.delete_folder(folder).await?;
        }
        self.send(&[statements.before], run).await?;
        let (read, files) = if convert.is_alone(&results, run).await? {
            (statements.read, results.files.iter().map(|file| file.meta.clone()).collect())
        } else {
            run.log("the job's folder has other files, too, or there are several: Hive reads copies");
            (convert.read_copies.as_str(), copies_of(&results, &convert.copies, run).await?)
        };
        self.send(&[read], run).await?;
        self.send(&statements.make, run).await?;
        let inserted = self.server.run(statements.insert, None, Stop::OnCancel, run).await;
        // A lost statement may still write into the folder: another try goes into a folder of its own.
        inserted.map_err(|error| match error.retry() {
            Retry::InDoubt => error.with_retry(Retry::Never),
            _ => error,
        })?;
        let rows = self.compare(convert, statements.counts, run).await?;
        check_unchanged(&files, run).await?;
        let files = convert.named(run).await?;
        prove_rows(convert.format, &files, rows, run.storages()).await?;
        self.send(&statements.drops, run).await?;
        run.storages().at(&convert.copies)?.delete_folder(&convert.copies).await?;
        Ok(Prepared::files(rows, files))
    }

    async fn send(&mut self, statements: &[&str], run: &RunContext) -> Result<()> {
        for statement in statements {
            self.server.run(statement, None, Stop::OnCancel, run).await?;
        }
        Ok(())
    }

    /// Compares what was read with what was written. Answers the rows.
    async fn compare(&mut self, convert: &ConvertFiles, counts: [&str; 2], run: &RunContext) -> Result<u64> {
        let [read, written] = [self.counts(counts[0], run).await?, self.counts(counts[1], run).await?];
        same_rows(&convert.columns, &read, &written, run.expected_rows())
    }

    async fn counts(&mut self, statement: &str, run: &RunContext) -> Result<Vec<u64>> {
        let rows = self.server.rows(statement, None, Stop::OnCancel, run).await?;
        let texts = rows.into_iter().next().unwrap_or_default();
        let counts = texts.into_iter().map(|text| text.and_then(|text| text.parse().ok()));
        counts.collect::<Option<Vec<u64>>>().ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "Hive answered a count that is no number")
                .with_context("statement", statement)
        })
    }
}

/// The rows, if as many rows, and values of each column, were written as were read, and as the files hold.
fn same_rows(columns: &[String], read: &[u64], written: &[u64], expected: Option<u64>) -> Result<u64> {
    let [rows, ..] = read else {
        return Err(Error::new(ErrorKind::Unexpected, "Hive answered no counts"));
    };
    if [read.len(), written.len()] != [columns.len() + 1; 2] {
        return Err(Error::new(ErrorKind::Unexpected, "Hive answered other counts than it was asked for"));
    }
    let names = std::iter::once("all rows").chain(columns.iter().map(String::as_str));
    for (name, (read, written)) in names.zip(read.iter().zip(written)) {
        if read != written {
            return Err(Error::new(
                ErrorKind::BadData,
                "Hive wrote other values than it read; let the engine encode the rows by a higher restageLimit",
            )
            .with_context("column", name)
            .with_context("read", read)
            .with_context("written", written));
        }
    }
    match expected {
        Some(expected) if expected != *rows => Err(Error::new(
            ErrorKind::BadData,
            "Hive read other rows than the files hold; they may have changed, publish again",
        )
        .with_context("read", rows)
        .with_context("files hold", expected)),
        _ => Ok(*rows),
    }
}

async fn copies_of(results: &ResultSet, folder: &Location, run: &RunContext) -> Result<Vec<FileMeta>> {
    let copies = results.files.iter().enumerate().map(|(number, file)| {
        Ok((file.meta.clone(), folder.join(&format!("part-{number:05}.{}", results.format))?))
    });
    copy_files(&copies.collect::<Result<Vec<_>>>()?, run).await
}

/// Fails if one of the files that Hive read is not the one that the plan was made for.
async fn check_unchanged(files: &[FileMeta], run: &RunContext) -> Result<()> {
    for file in files {
        let now = run.storages().at(&file.location)?.head(&file.location).await?;
        if now.size != file.size || now.version != file.version {
            return Err(Error::new(
                ErrorKind::BadData,
                "The file changed while Hive read it; publish again when the job has ended",
            )
            .with_context("file", &file.location));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_values_that_are_lost_on_the_way_are_named_by_column() {
        let columns = ["id".to_owned(), "name".to_owned()];
        assert_eq!(same_rows(&columns, &[3, 3, 2], &[3, 3, 2], Some(3)).unwrap(), 3);
        assert_eq!(same_rows(&columns, &[3, 3, 2], &[3, 3, 2], None).unwrap(), 3);
        for (written, expected, named) in [
            ([3, 3, 1], Some(3), ("column", "name")),
            ([2, 2, 2], Some(3), ("column", "all rows")),
            ([3, 3, 2], Some(4), ("files hold", "4")),
        ] {
            let error = same_rows(&columns, &[3, 3, 2], &written, expected).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BadData);
            assert!(error.context().contains(&(named.0, named.1.to_owned())), "{named:?}: {error:?}");
        }
        assert_eq!(same_rows(&columns, &[3], &[3], None).unwrap_err().kind(), ErrorKind::Unexpected);
        assert!(same_rows(&columns, &[], &[], None).is_err());
    }

    #[test]
    fn what_a_job_leaves_of_its_own_work_is_hidden() {
        for hidden in ["/_SUCCESS", "/.hive-staging_1/-ext-10000/0", "/_tmp/a"] {
            assert!(is_hidden(hidden), "{hidden}");
        }
        assert!(!is_hidden("/000000_0") && !is_hidden("/a_b/part.1"));
    }
}
