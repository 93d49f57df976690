//! The target and its factory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use publish_core::{
    ColumnMapping, Error, ErrorKind, Intent, Plan, Result, ResultSchema, ResultSet, RunContext, TableName,
    TableSchema, TableState, Target, TargetFactory, TargetName, TargetSession,
};
use serde_json::{Map, Value};

use crate::config::{SqliteConfig, UnsignedMode};
use crate::filesystem::check_place;
use crate::fit::SqliteFit;
use crate::lease::Leases;
use crate::session::SqliteSession;
use crate::{journal, plan, types};

/// Longest name of a table in bytes. SQLite has no limit of its own.
const MAX_NAME: usize = 128;

/// The only schema of a database file.
const SCHEMA: &str = "main";

/// Publishes into the tables of one SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteTarget {
    file: PathBuf,
    identity: String,
    unsigned: UnsignedMode,
    leases: Arc<Leases>,
}

impl SqliteTarget {
    /// The name it is registered under.
    pub const NAME: TargetName = TargetName::new("sqlite");

    /// Publishes into the file of `config`. Opens nothing yet.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the file is not a plain path.
    pub fn new(config: &SqliteConfig) -> Result<Self> {
        let file = config.absolute_file()?;
        let identity = format!("sqlite:{}", file.display());
        Ok(Self { file, identity, unsigned: config.u64, leases: Arc::default() })
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

#[async_trait]
impl Target for SqliteTarget {
    fn name(&self) -> &TargetName {
        const { &Self::NAME }
    }

    fn identity(&self) -> &str {
        &self.identity
    }

    fn table_name(&self, path: &[String], table: &str) -> Result<TableName> {
        let invalid =
            |message: &str| Error::new(ErrorKind::InvalidRequest, message).with_context("table", table);
        match path {
            [] => {}
            [schema] if schema.eq_ignore_ascii_case(SCHEMA) => {}
            _ => {
                return Err(invalid(
                    "A SQLite file has one schema, main; leave the path out or make it main",
                )
                .with_context("path", path.join("/")));
            }
        }
        if table.contains('.') {
            return Err(invalid("A table's name has no dot; the schema is named by the path, which is main"));
        }
        if table.is_empty() || !table.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(invalid("A table's name is letters, digits and underscores; choose another"));
        }
        if table.len() > MAX_NAME {
            return Err(invalid("A table's name has at most 128 bytes; shorten it"));
        }
        let lower = table.to_ascii_lowercase();
        if lower.starts_with("sqlite_") || lower == journal::TABLE {
            return Err(invalid("The name belongs to SQLite or to the journal of publishes; choose another"));
        }
        Ok(TableName::new(SCHEMA, table))
    }

    fn map_schema(&self, results: &ResultSchema) -> Result<TableSchema> {
        types::map_schema(results, self.unsigned)
    }

    fn check_fit(&self, results: &ResultSchema, table: &TableSchema) -> Result<ColumnMapping> {
        publish_core::check_fit(&SqliteFit, results, table)
    }

    fn plan(&self, intent: &Intent, results: &ResultSet, found: &TableState) -> Result<Plan> {
        plan::plan(self, intent, results, found)
    }

    async fn connect(&self, run: &RunContext) -> Result<Box<dyn TargetSession>> {
        check_place(&self.file)?;
        Ok(Box::new(SqliteSession::new(&self.file, &self.leases, run)))
    }
}

/// Builds SQLite targets from settings, see [`SqliteConfig`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteFactory;

impl SqliteFactory {
    /// Builds the target as what it is, for what only this kind offers.
    ///
    /// # Errors
    /// As [`TargetFactory::build`].
    pub fn build_sqlite(&self, settings: &Map<String, Value>) -> Result<SqliteTarget> {
        SqliteTarget::new(&SqliteConfig::from_settings(settings)?)
    }
}

impl TargetFactory for SqliteFactory {
    fn name(&self) -> &TargetName {
        const { &SqliteTarget::NAME }
    }

    fn description(&self) -> &'static str {
        "tables of a local SQLite file; needs no server"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Target>> {
        Ok(Arc::new(self.build_sqlite(settings)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> SqliteTarget {
        SqliteTarget::new(&SqliteConfig::new("a.sqlite")).unwrap()
    }

    #[test]
    fn a_table_is_named_by_main_and_a_plain_name() {
        let main = ["main".to_owned()];
        for name in ["orders", "Größe_2026", "1", "数"] {
            assert_eq!(target().table_name(&main, name).unwrap(), TableName::new("main", name));
            assert_eq!(target().table_name(&[], name).unwrap(), TableName::new("main", name));
        }
    }

    #[test]
    fn a_name_that_is_not_plain_is_refused_with_what_is() {
        for bad in ["", "a b", "a\"b", "a'b", "a;b", "a\0b", "sqlite_x", "SQLITE_y", "Publish_Journal"] {
            let error = target().table_name(&[], bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{bad:?}");
        }
        let dotted = target().table_name(&[], "main.t").unwrap_err();
        assert!(dotted.message().contains("path"), "{dotted}");
        assert!(target().table_name(&["db".to_owned()], "t").unwrap_err().message().contains("main"));
        assert!(target().table_name(&[], &"é".repeat(65)).is_err());
        target().table_name(&[], &"é".repeat(64)).unwrap();
    }
}
