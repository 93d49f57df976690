//! The target and its factory.

use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    ColumnMapping, Error, ErrorKind, Intent, Plan, Result, ResultSchema, ResultSet, RunContext, TableName,
    TableSchema, TableState, Target, TargetFactory, TargetName, TargetSession,
};
use serde_json::{Map, Value};

use crate::config::RedshiftConfig;
use crate::connect::Connector;
use crate::session::RedshiftSession;
use crate::sql::journal::{GATE, JOURNAL, JournalSql, LEASES};
use crate::types::{RedshiftFit, map_schema};
use crate::{names, plan};

/// Publishes into the tables of one Redshift database.
#[derive(Clone, Debug)]
pub struct RedshiftTarget {
    config: Arc<RedshiftConfig>,
    connector: Connector,
    journal: JournalSql,
    identity: String,
}

impl RedshiftTarget {
    /// The name it is registered under.
    pub const NAME: TargetName = TargetName::new("redshift");

    /// Publishes into the database of `config`. Reads trusted certificates, and connects to nothing yet.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if a certificate can't be used.
    pub fn new(config: RedshiftConfig) -> Result<Self> {
        let config = Arc::new(config);
        Ok(Self {
            connector: Connector::new(&config)?,
            journal: JournalSql::new(&config.journal_schema),
            identity: format!("redshift:{}:{}/{}", config.host, config.port, config.database),
            config,
        })
    }

    /// The settings.
    pub fn config(&self) -> &RedshiftConfig {
        &self.config
    }

    pub(crate) fn journal_sql(&self) -> &JournalSql {
        &self.journal
    }
}

#[async_trait]
impl Target for RedshiftTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        let name = names::table_name(&self.config.database, path, table)?;
        let is_journal = [JOURNAL, LEASES].contains(&name.name.as_str()) || name.name.starts_with(GATE);
        if name.namespace == self.config.journal_schema && is_journal {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The name belongs to the journal of publishes; choose another",
            )
            .with_context("table", name));
        }
        Ok(name)
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        map_schema(results, self.config.nanoseconds, self.config.nested)
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        publish_core::check_fit(&RedshiftFit { nanoseconds: self.config.nanoseconds }, results, table)
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        plan::plan(self, intent, results, found)
    }

    async fn connect(&self, _: &RunContext) -> Result<Box<dyn TargetSession>> {
        let link = self.connector.open().await?;
        Ok(Box::new(RedshiftSession::new(link, &self.connector, &self.config, &self.journal)))
    }
}

/// Builds Redshift targets from settings, see [`RedshiftConfig`].
#[derive(Clone, Copy, Debug, Default)]
pub struct RedshiftFactory;

impl TargetFactory for RedshiftFactory {
    fn name(&self) -> &TargetName {
        const { &RedshiftTarget::NAME }
    }

    fn description(&self) -> &'static str {
        "tables of Amazon Redshift, loaded from S3 by COPY"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Target>> {
        Ok(Arc::new(RedshiftTarget::new(RedshiftConfig::from_settings(settings)?)?))
    }
}
