//! The target: what it is told to do, and its plan.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use publish_core::{
    Artifact, ColumnDef, ColumnMapping, Error, ErrorKind, FileFormat, Intent, JournalEntry, LoadSource,
    Location, Plan, PlanBuilder, PrepareWork, Result, ResultSchema, ResultSet, RunContext, StageFiles,
    TableName, TableSchema, TableState, Target, TargetFactory, TargetName, TargetSession,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::session::NullSession;

/// What is done with the results.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "camelCase")]
pub(crate) enum Work {
    /// Nothing.
    Nothing,
    /// All rows are read and counted.
    Read,
    /// All rows are written to files, as the engine stages them.
    Stage { folder: Location, format: FileFormat },
}

impl Work {
    /// The settings of a connection that does this.
    pub(crate) fn settings(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A target that keeps nothing but the entry of the latest run.
#[derive(Clone, Debug)]
pub(crate) struct NullTarget {
    work: Work,
    entry: Arc<Mutex<Option<JournalEntry>>>,
}

impl NullTarget {
    /// The name of its kind.
    pub(crate) const NAME: TargetName = TargetName::new("null");

    /// The latest run.
    pub(super) fn entry(&self) -> MutexGuard<'_, Option<JournalEntry>> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a commit reads the rows.
    pub(super) fn reads(&self) -> bool {
        matches!(self.work, Work::Read)
    }
}

#[async_trait]
impl Target for NullTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        "null"
    }

    fn table_name(&self, _: &[String], table: &str) -> Result<TableName> {
        Ok(TableName::new("null", table))
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        let columns = results
            .columns()
            .iter()
            .map(|column| ColumnDef::new(column.field.name().clone(), column.field.data_type().to_string()));
        Ok(TableSchema::new(columns.collect()))
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        Ok(ColumnMapping::by_position(results, table))
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, _: &TableState) -> Result<Plan> {
        let columns = self.map_schema(&results.schema)?;
        let mapping = ColumnMapping::by_position(&results.schema, &columns);
        let mut plan = PlanBuilder::new(Self::NAME, intent, results);
        let mut source = LoadSource::Results;
        let mut staged = None;
        if let Work::Stage { folder, format } = &self.work {
            let folder = folder.join(intent.run.as_str())?;
            source = LoadSource::Staged(plan.next_step());
            let work = PrepareWork::StageFiles(StageFiles::new(folder.clone(), *format, mapping.clone()));
            let files = Artifact::Files { folder };
            plan = plan.prepare("Write the results in another format", work, vec![files.clone()], Vec::new());
            staged = Some(files);
        }
        plan = plan.commit("Keep nothing", columns, Vec::new()).load(source, mapping);
        if let Some(files) = staged {
            plan = plan.tidy("Remove what was written", files, Duration::ZERO, Vec::new());
        }
        plan.build()
    }

    async fn connect(&self, _: &RunContext) -> Result<Box<dyn TargetSession>> {
        Ok(Box::new(NullSession::new(self.clone())))
    }
}

/// Builds null targets.
#[derive(Debug)]
pub(crate) struct NullFactory;

impl TargetFactory for NullFactory {
    fn name(&self) -> &TargetName {
        const { &NullTarget::NAME }
    }

    fn description(&self) -> &'static str {
        "nothing, for measurements"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Target>> {
        let work = Work::deserialize(Value::Object(settings.clone())).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "The null target's work is nothing, read or stage")
                .with_source(error)
        })?;
        Ok(Arc::new(NullTarget { work, entry: Arc::default() }))
    }
}
