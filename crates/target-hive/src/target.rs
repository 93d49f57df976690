//! The target and its factory.

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    ColumnMapping, FileFormat, Intent, Plan, Result, ResultSchema, ResultSet, RunContext, TableName,
    TableSchema, TableState, Target, TargetFactory, TargetName, TargetSession,
};
use serde_json::{Map, Value};

use crate::config::{HiveConfig, LockWaits};
use crate::session::{Clients, HiveSession};
use crate::types::{HiveFit, map_schema};
use crate::{plan, table};

/// Publishes into the tables of one Hive.
#[derive(Clone, Debug)]
pub struct HiveTarget {
    config: Arc<HiveConfig>,
    clients: Clients,
    identity: String,
}

impl HiveTarget {
    /// The name it is registered under.
    pub const NAME: TargetName = TargetName::new("hive");

    /// Publishes by the HiveServer2s of `config`. Connects to nothing yet.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) that names the setting that is wrong.
    pub fn new(config: HiveConfig) -> Result<Self> {
        config.check()?;
        config.metastore_client()?;
        let clients = Clients {
            bounded: config.client(LockWaits::Bounded)?,
            plain: config.client(LockWaits::Servers)?,
        };
        let mut hosts = config.hosts.clone();
        hosts.sort();
        let identity = format!("hive:{}", hosts.join(","));
        Ok(Self { config: Arc::new(config), clients, identity })
    }

    /// Its settings.
    pub fn config(&self) -> &HiveConfig {
        &self.config
    }
}

#[async_trait]
impl Target for HiveTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        table::table_name(path, table, &self.config.database)
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        map_schema(results)
    }

    /// Checks against a table of Parquet files, which hold the most types. The plan checks again, against the files that
    /// the table really has.
    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        publish_core::check_fit(&HiveFit { format: FileFormat::Parquet }, results, table)
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        plan::plan(&self.config, intent, results, found)
    }

    async fn connect(&self, run: &RunContext) -> Result<Box<dyn TargetSession>> {
        Ok(Box::new(HiveSession::new(&self.config, &self.clients, run)?))
    }
}

/// Builds Hive targets from settings, see [`HiveConfig`].
#[derive(Clone, Copy, Debug, Default)]
pub struct HiveFactory;

impl TargetFactory for HiveFactory {
    fn name(&self) -> &TargetName {
        const { &HiveTarget::NAME }
    }

    fn description(&self) -> &'static str {
        "tables of Apache Hive, by HiveServer2; their files on HDFS"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Target>> {
        Ok(Arc::new(HiveTarget::new(HiveConfig::from_settings(settings)?)?))
    }
}
