//! The target: a folder of tables.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use publish_core::{
    Artifact, ColumnMapping, CommitKind, Error, ErrorKind, FileFormat, Intent, LoadSource, Location, Plan,
    PlanBuilder, PrepareWork, Result, ResultSchema, ResultSet, RunContext, StageFiles, TableName,
    TableSchema, TableState, Target, TargetFactory, TargetName, TargetSession, check_fit,
};
use serde_json::{Map, Value};

use super::Roll;
use super::catalog::CatalogFile;
use super::commit::staging_folder;
use super::session::FolderSession;
use super::types::{FolderFit, map_schema};

/// The text that stands for null in the files.
const NULL_TEXT: &str = "\\N";

/// The commit, as a plan shows it.
const RENAME: &str = "rename catalog.next to catalog.json";

/// Time that readers of replaced rows get to end.
const READERS: Duration = Duration::from_secs(60);

/// A folder of tables, each a set of CSV files.
///
/// ```text
/// catalog.json                       which tables there are, and which folders hold their rows; the journal
/// data/<table>/pub_<run>_<attempt>/  the files of one publication
/// ```
///
/// A reader reads the catalog, then the files of the folders it names.
#[derive(Clone, Debug)]
pub struct FolderTarget {
    identity: String,
    data: Location,
    catalog: CatalogFile,
}

impl FolderTarget {
    /// The name of its kind.
    pub const NAME: TargetName = TargetName::new("folder");

    /// Publishes below `root`, an absolute path. The folder is made by the first run.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the path is not absolute, or has no address.
    pub fn new(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        let address = root.to_str().filter(|_| root.is_absolute()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "The folder is an absolute path in UTF-8; write it out")
                .with_context("folder", root.display())
        })?;
        let data = Location::parse(&format!("file://{address}/data"))?;
        Ok(Self { identity: format!("folder:{address}"), data, catalog: CatalogFile::new(root) })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.catalog.root()
    }
}

#[async_trait]
impl Target for FolderTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !path.is_empty() || table.is_empty() || !table.chars().all(is_legal) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "A table has no path, and a name of letters, digits and underscores; give another",
            )
            .with_context("path", path.join("/"))
            .with_context("table", table));
        }
        Ok(TableName::new("folder", table.to_ascii_lowercase()))
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        map_schema(results)
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        check_fit(&FolderFit, results, table)
    }

    // ANCHOR: plan
    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        let plan = PlanBuilder::new(Self::NAME, intent, results);
        let adds_rows = match &intent.kind {
            CommitKind::Create => {
                let columns = self.map_schema(&results.schema)?;
                return plan
                    .commit("Enter the table into the catalog", columns, vec![RENAME.to_owned()])
                    .build();
            }
            CommitKind::CreateLoaded | CommitKind::ReplaceTable => false,
            CommitKind::Append | CommitKind::ReplaceRows => true,
            CommitKind::Custom { name, .. } if name == Roll::COMMIT => true,
            kind => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "A folder knows no such commit; use another action",
                )
                .with_context("commit", kind));
            }
        };
        // Rows that come to a table as it is must fit its columns; a new table gets the columns of the results.
        let columns = match found.found().filter(|_| adds_rows) {
            Some(found) => found.schema.clone(),
            None => self.map_schema(&results.schema)?,
        };
        let mapping = self.check_fit(&results.schema, &columns)?;

        // The engine re-encodes the results and writes the files. Their folder carries the run's id.
        let name = staging_folder(&intent.table, &intent.run, intent.attempt);
        if found.found().is_some_and(|found| has_folder(&found.properties, &name)) {
            // Staging removes what an earlier try left in the folder: it must not be the table's.
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "This run id has published to this table before; give a new one",
            )
            .with_context("run", &intent.run));
        }
        let folder = self.data.join(&name)?;
        let mut stage = StageFiles::new(folder.clone(), FileFormat::Csv, mapping.clone());
        stage.options.compression = None;
        stage.options.null_text = NULL_TEXT.to_owned();
        let staged = plan.next_step();
        let plan = plan
            .prepare(
                "Write the results as CSV files",
                PrepareWork::StageFiles(stage),
                vec![Artifact::Files { folder: folder.clone() }],
                vec![format!("write {folder}")],
            )
            .commit("Enter the files into the catalog", columns, vec![RENAME.to_owned()])
            .load(LoadSource::Staged(staged), mapping);
        if matches!(intent.kind, CommitKind::Append | CommitKind::CreateLoaded) {
            return plan.build();
        }
        let replaced = Artifact::Custom {
            name: "folder.replaced".to_owned(),
            arguments: serde_json::json!({ "run": intent.run }),
        };
        plan.tidy("Remove the files that the table no longer has", replaced, READERS, Vec::new()).build()
    }
    // ANCHOR_END: plan

    async fn connect(&self, _: &RunContext) -> Result<Box<dyn TargetSession>> {
        Ok(Box::new(FolderSession::new(self.catalog.clone())))
    }
}

/// Whether the catalog knew this folder when the table was looked at.
fn has_folder(properties: &Value, name: &str) -> bool {
    properties["folders"].as_array().into_iter().flatten().any(|folder| folder == name)
}

/// Builds [`FolderTarget`]s from a connection's settings: `folder`, an absolute path.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderFactory;

impl TargetFactory for FolderFactory {
    fn name(&self) -> &TargetName {
        const { &FolderTarget::NAME }
    }

    fn description(&self) -> &'static str {
        "CSV files in a folder, with a catalog"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Target>> {
        let folder = settings.get("folder").and_then(Value::as_str).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "The connection needs the setting folder, an absolute path")
        })?;
        Ok(Arc::new(FolderTarget::new(folder)?))
    }
}
