//! The target suite on a real Hive and HDFS, read by a client that knows nothing of the target.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::TryStreamExt;
use hdfs_native::{Client, ClientBuilder};
use hive_stack::{HiveStack, fresh_name};
use hiveserver2::{Config, Session};
use publish_core::{Error, ErrorKind, Location, Registry, Result, Storage, TableName, Target};
use publish_formats::ParquetFormat;
use publish_storage::{HdfsConfig, HdfsStorage};
use publish_testkit::results::row_texts;
use publish_testkit::target::{TargetFixture, TargetPlace, check_all};
use target_hive::{HiveConfig, HiveTarget, NewTableKind};

/// The user that Hive's server acts as on HDFS.
const USER: &str = "hive";

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_on_external_tables_of_hive() {
    check(NewTableKind::External).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_suite_holds_on_insert_only_tables_of_hive() {
    check(NewTableKind::InsertOnly).await;
}

async fn check(kind: NewTableKind) {
    let Some(stack) = HiveStack::get() else { return };
    let fixture = HiveFixture { stack, kind, databases: Mutex::default() };
    let checked = Box::pin(check_all(&fixture)).await;
    let removed = fixture.remove().await;
    checked.unwrap();
    removed.unwrap();
}

#[derive(Debug)]
struct HiveFixture {
    stack: &'static HiveStack,
    kind: NewTableKind,
    databases: Mutex<Vec<String>>,
}

impl HiveFixture {
    /// Removes what the places left.
    async fn remove(&self) -> Result<()> {
        let databases = std::mem::take(&mut *self.databases.lock().unwrap());
        let client = client(self.stack)?;
        for database in databases {
            query(self.stack, &format!("DROP DATABASE IF EXISTS `{database}` CASCADE")).await?;
            let folder = staging(self.stack, &database)?;
            client.delete(folder.path(), true).await.map_err(unreadable)?;
        }
        Ok(())
    }
}

#[async_trait]
impl TargetFixture for HiveFixture {
    async fn empty(&self) -> Result<Box<dyn TargetPlace>> {
        let database = fresh_name("h2_suite");
        self.databases.lock().unwrap().push(database.clone());
        query(self.stack, &format!("CREATE DATABASE `{database}`")).await?;
        let staging = staging(self.stack, &database)?;
        // Hive makes directories below it as its own user; the engine acts as the same one.
        let client = client(self.stack)?;
        client.mkdirs(staging.path(), 0o755, true).await.map_err(unreadable)?;
        client.set_owner(staging.path(), Some(USER), None).await.map_err(unreadable)?;
        let (host, port) = self.stack.thrift("plain");
        let mut config = HiveConfig::new(format!("{host}:{port}"), staging.clone());
        config.table_kind = self.kind;
        config.reference_databases.push(database.clone());
        // The suite's own results only look like Avro: they are not to be taken as they are.
        config.file_format = target_hive::FileLayout::Parquet;
        let target = Arc::new(HiveTarget::new(config)?);
        Ok(Box::new(HivePlace { stack: self.stack, database, staging, target }))
    }
}

#[derive(Debug)]
struct HivePlace {
    stack: &'static HiveStack,
    database: String,
    staging: Location,
    target: Arc<dyn Target>,
}

impl HivePlace {
    async fn tables(&self) -> Result<Vec<String>> {
        query(self.stack, &format!("SHOW TABLES IN `{}`", self.database))
            .await
            .map(|rows| rows.iter().map(|row| row.trim_matches('"').to_owned()).collect())
    }

    /// The directory that a table reads.
    async fn directory(&self, table: &str) -> Result<String> {
        let rows = query(self.stack, &format!("DESCRIBE FORMATTED `{}`.`{table}`", self.database)).await?;
        let location = rows.iter().find(|row| row.starts_with("\"Location:"));
        let location = location.and_then(|row| row.split('|').nth(1)).unwrap_or_default();
        Ok(location.trim_matches(['"', ' ']).to_owned())
    }
}

#[async_trait]
impl TargetPlace for HivePlace {
    fn target(&self) -> Arc<dyn Target> {
        Arc::clone(&self.target)
    }

    fn equip(&self, registry: Registry) -> Registry {
        let hdfs: Arc<dyn Storage> = Arc::new(storage().unwrap());
        registry.with_storage(&hdfs).with_format(Arc::new(ParquetFormat::new()))
    }

    fn path(&self) -> Vec<String> {
        vec![self.database.clone()]
    }

    async fn rows(&self, table: &TableName) -> Result<Option<Vec<String>>> {
        let found = query(self.stack, &format!("SELECT * FROM `{}`.`{}`", table.namespace, table.name)).await;
        match found {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error.causes().iter().any(|cause| cause.contains("Table not found")) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn contents(&self) -> Result<Vec<String>> {
        let tables = self.tables().await?;
        let mut live = BTreeSet::new();
        for table in &tables {
            live.insert(self.directory(table).await?);
        }
        let staged = storage()?.list(&self.staging).map_ok(|file| file.location);
        let journal = self.staging.join("journal")?;
        let staged = staged.try_collect::<Vec<_>>().await?.into_iter().filter(|file| {
            let is_live = live.iter().any(|live| {
                Location::parse(live).is_ok_and(|live| file.path().starts_with(&format!("{}/", live.path())))
            });
            !is_live && !file.is_within(&journal)
        });
        Ok(tables
            .iter()
            .map(|table| format!("table {table}"))
            .chain(staged.map(|at| at.to_string()))
            .collect())
    }

    async fn alter(&self, table: &TableName) -> Result<()> {
        let alter = format!("ALTER TABLE `{}`.`{}` ADD COLUMNS (added bigint)", table.namespace, table.name);
        query(self.stack, &alter).await.map(drop)
    }

    async fn end_leases(&self) -> Result<()> {
        let runs = self.staging.join("journal/runs")?;
        let files: Vec<_> = storage()?.list(&runs).try_collect().await?;
        let client = client(self.stack)?;
        for file in files {
            // An hour before the file was written, by the cluster's own clock.
            let written = file.modified.unwrap().duration_since(std::time::UNIX_EPOCH).map_err(unreadable)?;
            let long_ago = u64::try_from(written.as_millis()).map_err(unreadable)? - 3_600_000;
            client.set_times(file.location.path(), long_ago, long_ago).await.map_err(unreadable)?;
        }
        Ok(())
    }
}

/// HDFS, as the user whom Hive's server runs as.
fn storage() -> Result<HdfsStorage> {
    HdfsStorage::new(HdfsConfig::default().with_user(USER))
}

/// HDFS, as its superuser.
fn client(stack: &HiveStack) -> Result<Client> {
    ClientBuilder::new().with_url(stack.name_node()).build().map_err(unreadable)
}

fn staging(stack: &HiveStack, database: &str) -> Result<Location> {
    Location::parse(&format!("{}/work-hive2/{database}", stack.name_node()))
}

/// Runs a statement on a connection of its own, and reads its rows as texts.
async fn query(stack: &HiveStack, sql: &str) -> Result<Vec<String>> {
    let (host, port) = stack.thrift("plain");
    let mut session = Session::open(&Config::new(host, port).with_user("suite")).await.map_err(unreadable)?;
    let mut operation = session.execute(sql).await.map_err(unreadable)?;
    operation.wait().await.map_err(unreadable)?;
    let mut rows = Vec::new();
    if operation.has_results() {
        while let Some(batch) = operation.fetch().await.map_err(unreadable)? {
            rows.extend(row_texts(&batch)?);
        }
    }
    operation.close().await.map_err(unreadable)?;
    session.close().await.map_err(unreadable)?;
    Ok(rows)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "Hive can't be read").with_source(error)
}
