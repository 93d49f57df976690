//! Large results that Hive itself converts into the format of the table, on its cluster.

use publish_core::{Artifact, Error, ErrorKind, LoadSource, Location, PlanBuilder, PrepareWork, Result};

use super::draft::{Draft, Files, Rows, Staging, parent};
use crate::ddl;
use crate::files::{FileWay, decide};
use crate::session::ConvertFiles;

impl Draft<'_> {
    /// Why Hive does not convert the files, in words for the plan. `Some(None)` where nobody would expect it to, `None` where it
    /// does.
    pub(super) fn why_not_converted(&self, rows: &Rows, files: Files) -> Option<Option<String>> {
        let results = self.results;
        if results.size() <= self.loading.restage_limit {
            return Some(None);
        }
        let instead = |why: &str| Some(Some(format!("the engine encodes the rows, not Hive: {why}")));
        if results.format.is_text() {
            return instead("Hive's text readers lose values");
        }
        if results.format == rows.format {
            return instead("what Hive does not read right it can't convert");
        }
        if files == Files::One {
            return instead("an append is one file, which Hive does not promise; appendFiles = many lets it");
        }
        match decide(results, &rows.mapping, results.format, self.reader(results.format)) {
            FileWay::AsTheyAre => None,
            FileWay::Encoded(reasons) => {
                let whys: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                instead(&whys.join("; "))
            }
        }
    }

    /// Adds the step in which Hive reads the files through a table over them, and writes them through another one below
    /// `folder`.
    pub(super) fn convert(
        &self,
        plan: PlanBuilder,
        rows: &Rows,
        folder: &Location,
        artifact: Artifact,
        source: LoadSource,
    ) -> Result<Staging> {
        let beside = self.intent.table.beside(&self.intent.run, self.intent.attempt);
        let read = beside.with_name(format!("{}_in", beside.name));
        let written = beside.with_name(format!("{}_out", beside.name));
        let copies = self.staging_folder(folder)?;
        let copies = parent(&copies)?.join(&format!("{}_in", self.stem()))?;
        let found = self.common_folder(folder)?;
        let columns: Vec<_> = rows.mapping.columns().iter().map(|mapped| mapped.column.clone()).collect();
        let keeps_files = [("external.table.purge", "false")];
        let over = |location: &Location| {
            ddl::create_external(&read, &columns, self.results.format, location, &keeps_files)
        };
        let convert = ConvertFiles {
            folder: folder.clone(),
            file_stem: self.stem(),
            format: rows.format,
            found: found.clone(),
            copies: copies.clone(),
            read_copies: over(&copies),
            columns: columns.iter().map(|column| column.name.clone()).collect(),
        };
        let statements = vec![
            ddl::drop_table(&read),
            over(found.as_ref().unwrap_or(&copies)),
            ddl::drop_table(&written),
            ddl::create_external(&written, &columns, rows.format, folder, &keeps_files),
            ddl::insert_select(&written, &read, &columns),
            ddl::count_values(&read, &columns),
            ddl::count_values(&written, &columns),
            ddl::drop_table(&read),
            ddl::drop_table(&written),
        ];
        let arguments = serde_json::to_value(&convert).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan's step has no JSON form").with_source(error)
        })?;
        let makes = vec![
            artifact,
            Artifact::Files { folder: copies.clone() },
            Artifact::Table { table: read },
            Artifact::Table { table: written },
        ];
        let work = PrepareWork::Custom { name: ConvertFiles::NAME.to_owned(), arguments };
        let title = format!("let Hive convert the files to {}", rows.format);
        let plan = plan.prepare(title, work, makes, statements).note(format!(
            "the results have more than {} bytes, so Hive converts them by a job of its own; what it wrote is compared with \
             what it read, rows and non-null values of each column",
            self.loading.restage_limit
        ));
        let plan = match found {
            Some(found) => {
                plan.note(format!("if {found} has other files, too, copies below {copies} are read"))
            }
            None => plan.note("the files are in several folders or elsewhere: Hive reads copies"),
        };
        let first_name = format!("{}-{:05}.{}", self.stem(), 0, rows.format);
        Ok(Staging { plan, source, first_name })
    }

    /// The folder that all files are in, on the filesystem of `beside`.
    fn common_folder(&self, beside: &Location) -> Result<Option<Location>> {
        let mut common: Option<Location> = None;
        for file in self.results.files.iter() {
            let at = &file.meta.location;
            let folder = parent(at)?;
            let is_other = common.as_ref().is_some_and(|common| *common != folder);
            if is_other || (at.scheme(), at.authority()) != (beside.scheme(), beside.authority()) {
                return Ok(None);
            }
            common = Some(folder);
        }
        Ok(common)
    }
}
