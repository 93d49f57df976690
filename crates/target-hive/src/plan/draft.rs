//! What all plans have in common: where things are put, and how rows are staged.

use publish_core::{
    Artifact, ColumnMapping, Error, ErrorKind, FileFormat, Intent, LoadSource, Location, PlanBuilder,
    PrepareWork, Result, ResultSet, StageFiles, TableFound, TableName, TableSchema,
};
use serde_json::json;

use super::options::Loading;
use crate::config::{FileLayout, HiveConfig};
use crate::files::{FileWay, OTHER_ZONE, ReaderSettings, Reason, decide, writer_notes};
use crate::session::{CheckLengths, LimitedColumn, ServerFacts};
use crate::table::{HiveTable, version_directory};
use crate::target::HiveTarget;
use crate::types::{HiveFit, HiveType, map_schema, read_into_new, staged_type};

/// The name of the artifact that is a directory of a table's version.
pub(crate) const DIRECTORY: &str = "hive.directory";

/// Bytes of a staged file of a table that is made or replaced: about a block.
pub(super) const FILE_BYTES: u64 = 128 * 1024 * 1024;

/// What a plan is made of.
pub(super) struct Draft<'a> {
    pub(super) config: &'a HiveConfig,
    pub(super) intent: &'a Intent,
    pub(super) results: &'a ResultSet,
    pub(super) facts: ServerFacts,
    pub(super) loading: Loading,
}

/// Rows to be staged: which columns go where, and as what.
pub(super) struct Rows {
    pub(super) columns: TableSchema,
    pub(super) mapping: ColumnMapping,
    pub(super) format: FileFormat,
}

impl Draft<'_> {
    /// Starts the plan.
    pub(super) fn builder(&self) -> PlanBuilder {
        PlanBuilder::new(HiveTarget::NAME, self.intent, self.results)
    }

    /// The word that names everything this attempt makes: `pub_<run>_<attempt>`.
    pub(super) fn stem(&self) -> String {
        self.intent.table.beside(&self.intent.run, self.intent.attempt).name
    }

    /// The directory of a new version of the table, below `parent`.
    pub(super) fn version_directory(&self, parent: &Location) -> Result<Location> {
        version_directory(parent, &self.intent.table, &self.intent.run, self.intent.attempt)
    }

    /// The directory of a new external table.
    pub(super) fn new_directory(&self) -> Result<Location> {
        let database = format!("{}.db", self.intent.table.namespace);
        self.version_directory(&self.config.warehouse()?.join(&database)?)
    }

    /// The folder of files that are staged and then moved. It is on the filesystem of `at`, where the table is.
    pub(super) fn staging_folder(&self, at: &Location) -> Result<Location> {
        let staging = &self.config.staging;
        if (staging.scheme(), staging.authority()) == (at.scheme(), at.authority()) {
            return staging.join("staged")?.join(&self.stem());
        }
        parent(at)?.join(".publish_staged")?.join(&self.stem())
    }

    /// The artifact that is a directory of the table's new version.
    pub(super) fn directory_artifact(&self, directory: &Location) -> Artifact {
        let arguments = json!({"table": self.intent.table, "directory": directory});
        Artifact::Custom { name: DIRECTORY.to_owned(), arguments }
    }

    /// The rows of a table that is made.
    pub(super) fn rows_of_new(&self) -> Result<Rows> {
        let columns = map_schema(&self.results.schema)?;
        let mapping = ColumnMapping::by_position_as(&self.results.schema, &columns, read_into_new);
        let format = match self.config.file_format {
            FileLayout::Avro => FileFormat::Avro,
            FileLayout::Parquet => FileFormat::Parquet,
            // Avro results stay Avro where they need no encoding; Parquet holds more types.
            FileLayout::Auto => {
                let way = decide(self.results, &mapping, FileFormat::Avro, self.reader(FileFormat::Avro));
                if way == FileWay::AsTheyAre { FileFormat::Avro } else { FileFormat::Parquet }
            }
        };
        Ok(Rows { columns, mapping, format })
    }

    /// The rows of a table that is there.
    pub(super) fn rows_of_found(&self, found: &TableFound, table: &HiveTable) -> Result<Rows> {
        let format = self.format_of(table)?;
        let results = &self.results.schema;
        let mapping = publish_core::check_fit(&HiveFit { format }, results, &found.schema)?;
        // What the results lose on their way is the same whoever made the table.
        let mut columns = found.schema.clone();
        columns.notes = map_schema(results).map(|made| made.notes).unwrap_or_default();
        let lacking: Vec<&str> = found
            .schema
            .columns
            .iter()
            .filter(|column| !mapping.columns().iter().any(|mapped| mapped.column.name == column.name))
            .map(|column| column.name.as_str())
            .collect();
        if !lacking.is_empty() {
            columns.notes.push(format!("columns that the results lack are null: {}", lacking.join(", ")));
        }
        Ok(Rows { columns, mapping, format })
    }

    /// The format of the table's files, if such files are written.
    pub(super) fn format_of(&self, table: &HiveTable) -> Result<FileFormat> {
        table.format.file_format().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "Tables of Parquet and of Avro files are published to; make the table anew with one of them",
            )
            .with_context("table", &self.intent.table)
            .with_context("its files", format!("{:?}", table.format))
        })
    }

    /// Adds the step that brings the rows below `folder`, in files named after this attempt: the job's own files as they
    /// are, where Hive reads them right, or all rows encoded anew.
    pub(super) fn stage(
        &self,
        plan: PlanBuilder,
        rows: &Rows,
        folder: &Location,
        artifact: Artifact,
        files: Files,
    ) -> Result<Staging> {
        let plan = self.check_lengths(plan, rows, &artifact)?;
        let source = LoadSource::Staged(plan.next_step());
        let is_one = files == Files::One;
        let reasons = match decide(self.results, &rows.mapping, rows.format, self.reader(rows.format)) {
            FileWay::AsTheyAre => {
                let plan = self.note_trust(plan, rows);
                return self.take(plan, folder, artifact, files, source);
            }
            FileWay::Encoded(reasons) => reasons,
        };
        let write_as = write_as(rows, &self.intent.table)?;
        let plan = match self.why_not_converted(rows, files) {
            None => return self.convert(plan, rows, folder, artifact, source),
            Some(Some(why)) => plan.note(why),
            Some(None) => plan,
        };
        let mut work = StageFiles::new(folder.clone(), rows.format, rows.mapping.clone());
        work.write_as = Some(write_as);
        work.options.notes = writer_notes(rows.format);
        work.file_stem = self.stem();
        work.max_file_bytes = if is_one { u64::MAX } else { FILE_BYTES };
        let first_name = work.file_name(0);
        let title = if is_one {
            format!("write the rows as one {} file", rows.format)
        } else {
            format!("write the rows as {} files", rows.format)
        };
        let plan = plan.prepare(title, PrepareWork::StageFiles(work), vec![artifact], Vec::new());
        let plan = reasons.iter().fold(plan, |plan, reason| plan.note(format!("encoded anew: {reason}")));
        let plan = self.note_zone(plan, &reasons);
        Ok(Staging { plan, source, first_name })
    }

    /// Adds the step that reads texts for columns of limited length, unless it is known already that all of them fit.
    fn check_lengths(&self, plan: PlanBuilder, rows: &Rows, artifact: &Artifact) -> Result<PlanBuilder> {
        let limited = rows.mapping.columns().iter().filter_map(|mapped| {
            let (characters, trims) = match HiveType::parse(&mapped.column.sql_type).ok()? {
                HiveType::Varchar(characters) => (characters, false),
                HiveType::Char(characters) => (characters, true),
                _ => return None,
            };
            let longest = self.results.schema.columns().get(mapped.source)?.max_bytes;
            let is_known = !trims && longest.is_some_and(|bytes| bytes <= u64::from(characters));
            let column =
                LimitedColumn { source: mapped.source, name: mapped.column.name.clone(), characters, trims };
            (!is_known).then_some(column)
        });
        let check = CheckLengths { columns: limited.collect() };
        if check.columns.is_empty() {
            return Ok(plan);
        }
        let arguments = serde_json::to_value(&check).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan's step has no JSON form").with_source(error)
        })?;
        let work = PrepareWork::Custom { name: CheckLengths::NAME.to_owned(), arguments };
        // It makes nothing; undoing the coming step twice does no harm.
        Ok(plan.prepare("check the lengths of texts", work, vec![artifact.clone()], Vec::new()))
    }

    /// How the servers read files: as the settings say, else as the server does.
    pub(super) fn reader(&self, format: FileFormat) -> ReaderSettings {
        let told = if format == FileFormat::Avro { self.facts.avro() } else { self.facts.parquet() };
        told.with_zone_utc(self.config.server_zone_utc.unwrap_or(told.zone_is_utc))
            .with_gregorian_dates(self.config.gregorian_dates.unwrap_or(told.dates_are_gregorian))
    }

    /// Notes what the server said, where files are taken as they are only because of it.
    fn note_trust(&self, plan: PlanBuilder, rows: &Rows) -> PlanBuilder {
        let unknown = decide(self.results, &rows.mapping, rows.format, ReaderSettings::unknown());
        let is_asked = self.config.server_zone_utc.is_none() || self.config.gregorian_dates.is_none();
        if unknown == FileWay::AsTheyAre || !is_asked {
            return plan;
        }
        let zone = self.facts.zone.as_deref().unwrap_or("not told");
        plan.note(format!(
            "the files are taken as they are by what the server says: its time zone is {zone}, dates are Gregorian in Avro \
             files: {}, in Parquet files: {}",
            self.facts.avro_gregorian, self.facts.parquet_gregorian
        ))
    }

    /// Notes the server's zone, where it is why files are encoded anew.
    fn note_zone(&self, plan: PlanBuilder, reasons: &[Reason]) -> PlanBuilder {
        match &self.facts.zone {
            Some(zone) if reasons.iter().any(|reason| reason.why == OTHER_ZONE) => {
                plan.note(format!("the server says that its time zone is {zone}"))
            }
            _ => plan,
        }
    }
}

/// A plan with its staging step.
pub(super) struct Staging {
    pub(super) plan: PlanBuilder,
    pub(super) source: LoadSource,
    /// The name of the first staged file, which is the only one where [`Files::One`] was asked for.
    pub(super) first_name: String,
}

/// How many files are staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// One, whatever its size, that is renamed into a table's directory.
    One,
    /// As many as it takes, of about a block each, that are renamed into a table's directory.
    Many,
    /// The same, in a directory that a table gets whole by one act, and that nothing else removes.
    Directory,
    /// The same, for Hive to move, or to drop with a table.
    Blocks,
}

impl Files {
    /// Whether they can be moved back at any time until they are in the table for good. Hive itself moves files one by one,
    /// and a `DROP` of the table beside would delete them.
    pub(super) fn can_be_put_back(self) -> bool {
        self != Self::Blocks
    }
}

/// The folder above a directory.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for the root of a filesystem.
pub(super) fn parent(directory: &Location) -> Result<Location> {
    let text = directory.as_str().trim_end_matches('/');
    let name = directory.file_name();
    match text.strip_suffix(name) {
        Some(parent) if !name.is_empty() => {
            Location::parse(parent.trim_end_matches('/')).or_else(|_| Location::parse(parent))
        }
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "A table over the root of a filesystem can't be replaced; give it a directory of its own",
        )
        .with_context("location", directory)),
    }
}

/// The types in which the staged files hold the columns.
fn write_as(rows: &Rows, table: &TableName) -> Result<Vec<arrow_schema::DataType>> {
    let staged = rows.mapping.columns().iter().map(|mapped| {
        let hive = HiveType::parse(&mapped.column.sql_type)?;
        staged_type(&mapped.read_as, &hive, rows.format).ok_or_else(|| {
            Error::new(
                ErrorKind::SchemaMismatch,
                "The files of the table do not hold a column's values; use Parquet files, or another type",
            )
            .with_context("table", table)
            .with_context("files", rows.format)
            .with_context("column", format!("{}: {} as {hive}", mapped.column.name, mapped.read_as))
        })
    });
    staged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_above_a_directory_is_found() {
        let above =
            |text: &str| parent(&Location::parse(text).unwrap()).map(|parent| parent.as_str().to_owned());
        assert_eq!(above("hdfs://nn/w/sales.db/orders").unwrap(), "hdfs://nn/w/sales.db");
        assert_eq!(above("hdfs://nn/w/sales.db/orders/").unwrap(), "hdfs://nn/w/sales.db");
        assert_eq!(above("hdfs://nn/w").unwrap(), "hdfs://nn/");
        assert_eq!(above("hdfs://nn/").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
