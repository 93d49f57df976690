//! A target before a target.

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    ColumnMapping, Intent, Plan, Result, ResultSchema, ResultSet, RunContext, TableName, TableSchema,
    TableState, Target, TargetName, TargetSession,
};

use super::session::FaultySession;
use super::{Call, Faults};

/// Any target, with faults in its calls.
#[derive(Clone, Debug)]
pub struct FaultyTarget {
    inner: Arc<dyn Target>,
    faults: Faults,
}

impl FaultyTarget {
    /// Puts `faults` before `inner`.
    pub fn new(inner: Arc<dyn Target>, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// The same as a target.
    pub fn as_target(&self) -> Arc<dyn Target> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Target for FaultyTarget {
    fn name(&self) -> &TargetName {
        self.inner.name()
    }

    fn identity(&self) -> &str {
        self.inner.identity()
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        self.inner.table_name(path, table)
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        self.inner.map_schema(results)
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        self.inner.check_fit(results, table)
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        self.inner.plan(intent, results, found)
    }

    async fn connect(&self, run: &RunContext) -> Result<Box<dyn TargetSession>> {
        let session = self.faults.carry_out(Call::Connect, self.inner.connect(run)).await?;
        Ok(Box::new(FaultySession::new(session, self.faults.clone())))
    }
}
