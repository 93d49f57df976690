//! The steps that bring rows to where COPY takes them.

use arrow_schema::DataType;
use publish_core::{
    Artifact, ColumnLimit, ColumnMapping, Error, ErrorKind, FileFormat, LoadSource, Location, MappedColumn,
    PrepareWork, Result, StageFiles, StepId, TableName, WriteOptions,
};

use super::draft::Draft;
use super::route::{Route, route};
use crate::detail::{ManifestStep, WRITE_MANIFEST, to_value};
use crate::manifest;
use crate::options::Load;
use crate::sql::{Compression, CopyFormat, CopyStatement, FieldNames};
use crate::types::{Declared, limits, staged_as};

/// Folder for staged files and manifests in the results' own bucket, where no other is set. Its name begins with `_`, so
/// that whoever publishes the whole bucket passes it over.
const DEFAULT_FOLDER: &str = "_publish_staging";

/// Schemes of S3. COPY itself knows the first alone.
const S3: &str = "s3";

impl Draft<'_> {
    /// Adds the steps that bring the rows to where COPY takes them, and answers the COPY into `table`.
    pub(super) fn bring_rows(
        mut self,
        table: &TableName,
        mapping: &ColumnMapping,
        is_new: bool,
    ) -> Result<(Self, CopyStatement, LoadSource)> {
        self.check_authorized()?;
        let is_elsewhere = self.check_source()?;
        let root = self.staging_root()?;
        let name = format!("{}_{}", self.intent.run, self.intent.attempt);
        let (format, compression, source) = match self.route(mapping, is_elsewhere, &name)? {
            Route::Direct { format, compression } => {
                self = self.note("the files are loaded as they are: COPY reads them itself");
                (format, compression, LoadSource::Results)
            }
            Route::Staged { format, reasons } => {
                let folder = root.join(&name)?;
                self = self.note(format!("the rows are staged as {format} first: {}", reasons.join("; ")));
                let step = self.stage(folder, format, mapping);
                let (format, compression) = match format {
                    FileFormat::Parquet => (CopyFormat::Parquet, None),
                    _ => (CopyFormat::Json(FieldNames::Auto), Some(Compression::Gzip)),
                };
                (format, compression, LoadSource::Staged(step))
            }
        };
        let manifest = self.write_manifest(&root, &name, source)?;
        // Of a row in a file of columns the service tells the file alone.
        let limits = match (&format, source) {
            (CopyFormat::Parquet, LoadSource::Results) => self.limits(mapping),
            _ => Vec::new(),
        };
        let copy = CopyStatement {
            table: table.clone(),
            columns: mapping.columns().iter().map(|mapped| mapped.column.name.clone()).collect(),
            manifest,
            format,
            compression,
            region: self.config().region.clone(),
            text: self.options.copy.clone(),
            updates_statistics: is_new,
            limits,
        };
        if !copy.text.is_default() {
            self = self.note(
                "the request lets COPY change values (copy: truncateColumns, acceptInvChars, blanksAsNull, emptyAsNull); \
                 how many it changed is not known",
            );
        }
        Ok((self, copy, source))
    }

    fn limits(&self, mapping: &ColumnMapping) -> Vec<ColumnLimit> {
        limits(mapping, &self.results.schema, self.options.copy.truncate_columns)
    }

    fn check_authorized(&self) -> Result<()> {
        if self.config().copy.is_some() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "COPY needs a right to read the files; set `iam_role` (a role's arn, or default), or `access_key_id` and \
             `secret_access_key`, in the connection",
        ))
    }

    /// Whether the results are not on S3, and may be brought there.
    fn check_source(&self) -> Result<bool> {
        let elsewhere =
            self.results.files.iter().map(|file| &file.meta.location).find(|at| at.scheme() != S3);
        match elsewhere {
            None => Ok(false),
            Some(_) if self.config().stage_from_anywhere.is_some() => Ok(true),
            Some(at) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "Redshift loads from S3 alone: the results must be stored in S3 and reached by an S3 connection; write \
                 them to s3://, or set `stage_from_anywhere` to a folder such as s3://bucket/prefix to bring them there \
                 first",
            )
            .with_context("location", at)),
        }
    }

    fn staging_root(&self) -> Result<Location> {
        let config = self.config();
        if let Some(root) = config.staging.as_ref().or(config.stage_from_anywhere.as_ref()) {
            return Ok(root.clone());
        }
        match self.results.files.first() {
            Some(file) => {
                Location::parse(&format!("s3://{}/{DEFAULT_FOLDER}", file.meta.location.authority()))
            }
            None => Err(Error::new(
                ErrorKind::InvalidRequest,
                "No file holds anything, so nothing tells a bucket for the manifest; set `staging` to a folder such as \
                 s3://bucket/prefix",
            )),
        }
    }

    fn route(&self, mapping: &ColumnMapping, is_elsewhere: bool, name: &str) -> Result<Route> {
        let found = route(self.results, mapping, name);
        let staged = |reason: &str| Route::Staged {
            format: super::route::staged_format(mapping),
            reasons: vec![reason.to_owned()],
        };
        if is_elsewhere {
            return match self.options.load {
                Load::Direct => Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "The request says load direct, and the results are not on S3; leave the setting out",
                )),
                Load::Auto | Load::Staged => Ok(staged("they are not on S3")),
            };
        }
        match (self.options.load, found) {
            (Load::Staged, _) => Ok(staged("the request says so")),
            (Load::Direct, Route::Staged { reasons, .. }) => {
                let error = Error::new(
                    ErrorKind::Unsupported,
                    "The request says load direct, and COPY would not load the files right; leave the setting out",
                );
                Err(reasons.iter().fold(error, |error, reason| error.with_context("because", reason)))
            }
            // There must be a file to load, also where all of them are empty.
            (_, Route::Direct { .. }) if self.results.files.is_empty() => {
                Ok(staged("no file holds anything"))
            }
            (_, route) => Ok(route),
        }
    }

    fn stage(&mut self, folder: Location, format: FileFormat, mapping: &ColumnMapping) -> StepId {
        let limits = self.limits(mapping);
        let step = self.builder_mut(|builder| {
            let step = builder.next_step();
            let mut stage = StageFiles::new(folder.clone(), format, mapping.clone());
            stage.limits = limits;
            let written = mapping
                .columns()
                .iter()
                .map(|mapped| staged_as(&mapped.read_as, &Declared::parse(&mapped.column.sql_type)));
            stage.write_as = Some(written.collect());
            if format == FileFormat::Json {
                let mut options = WriteOptions::default();
                options.compression = Some("gzip".to_owned());
                // COPY takes an empty text for a null in columns of bytes.
                options.refuse_empty_bytes = true;
                options.json_texts = json_texts(mapping);
                stage.options = options;
            }
            let makes = vec![Artifact::Files { folder: folder.clone() }];
            let title = format!("stage the rows as {format} below {folder}");
            (builder.prepare(title, PrepareWork::StageFiles(stage), makes, Vec::new()), step)
        });
        self.leftovers.push(("remove the staged files", Artifact::Files { folder }));
        step
    }

    fn write_manifest(&mut self, root: &Location, name: &str, source: LoadSource) -> Result<Location> {
        let folder = root.join(&format!("{name}_manifest"))?;
        let at = folder.join(manifest::FILE)?;
        let (staged_by, what) = match source {
            LoadSource::Staged(step) => (Some(step.0), "the staged files".to_owned()),
            _ => (None, format!("the {} result files", self.results.files.len())),
        };
        let arguments = to_value(&ManifestStep { at: at.clone(), staged_by })?;
        self.builder_mut(|builder| {
            let work = PrepareWork::Custom { name: WRITE_MANIFEST.to_owned(), arguments };
            let makes = vec![Artifact::Files { folder: folder.clone() }];
            (builder.prepare(format!("list {what} in {at}"), work, makes, Vec::new()), ())
        });
        self.leftovers.push(("remove the manifest", Artifact::Files { folder }));
        Ok(at)
    }
}

/// Columns of texts that are JSON themselves: no other text goes into SUPER.
fn json_texts(mapping: &ColumnMapping) -> Vec<String> {
    let is_json = |mapped: &&MappedColumn| {
        mapped.read_as == DataType::Utf8 && Declared::parse(&mapped.column.sql_type) == Declared::Super
    };
    mapping.columns().iter().filter(is_json).map(|mapped| mapped.column.name.clone()).collect()
}
