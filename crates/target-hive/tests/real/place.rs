//! A database and a folder on HDFS that belong to one test.

use std::sync::Arc;

use futures::StreamExt;
use hive_stack::{HiveStack, fresh_name};
use publish_core::{
    Cancel, Engine, Location, NoEvents, PublishRequest, Registry, Report, RequestOptions, RunId, Source,
    Storage, TableNaming, Target,
};
use publish_storage::{HdfsConfig, HdfsStorage};
use publish_testkit::results::row_texts;
use target_hive::{HiveConfig, HiveTarget};

/// The user that owns everything: that of the servers, so that both may move each other's files.
const USER: &str = "hive";

/// Seconds of a lease: the shortest that can be set.
pub(crate) const LEASE_SECONDS: u64 = 12;

/// A database and a folder of one test.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    stack: &'static HiveStack,
    pub(crate) database: String,
    pub(crate) root: Location,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) target: HiveTarget,
}

impl Place {
    /// An empty place, or `None` where such tests are left out.
    pub(crate) async fn new() -> Option<Self> {
        Self::with(|_| {}).await
    }

    /// An empty place whose connection has other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut HiveConfig)) -> Option<Self> {
        let stack = HiveStack::get()?;
        let database = fresh_name("h1");
        let root = format!("{}/staging/{database}", stack.name_node());
        let root = Location::parse(&root).unwrap();
        let (host, port) = stack.thrift("plain");
        let mut config = HiveConfig::new(format!("{host}:{port}"), root.join("publish").unwrap());
        config.warehouse = Some(root.join("warehouse").unwrap());
        config.database.clone_from(&database);
        config.user = Some(USER.to_owned());
        config.grace_seconds = 0;
        config.commit_seconds = 20;
        // The stack has the tables of every other test, too.
        config.reference_databases.push(database.clone());
        config.lease_seconds = LEASE_SECONDS;
        change(&mut config);
        let storage: Arc<dyn Storage> =
            Arc::new(HdfsStorage::new(HdfsConfig::default().with_user(USER)).unwrap());
        let target = HiveTarget::new(config).unwrap();
        let place = Self { stack, database, root, storage, target };
        place.run(&format!("CREATE DATABASE {}", place.database)).await;
        Some(place)
    }

    /// An engine with the formats and storages that the target needs.
    pub(crate) fn engine(&self) -> Engine {
        let registry = Registry::new().with_storage(&self.storage);
        Engine::new(publish_formats::all().into_iter().fold(registry, Registry::with_format))
    }

    /// Publishes files to a table by its exact name.
    pub(crate) async fn publish(
        &self,
        run: &str,
        action: &'static str,
        table: &str,
        files: &[Location],
    ) -> Report {
        let request = self.request(run, action, table, files);
        let target: Arc<dyn Target> = Arc::new(self.target.clone());
        let engine = self.engine();
        Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default())).await.unwrap()
    }

    pub(crate) fn request(
        &self,
        run: &str,
        action: &'static str,
        table: &str,
        files: &[Location],
    ) -> PublishRequest {
        let options = RequestOptions::default().with_table_naming(TableNaming::Exact);
        PublishRequest::new(Source::new(files.to_vec()), table, publish_core::ActionName::new(action))
            .with_run_id(RunId::parse(run).unwrap())
            .with_options(options)
    }

    /// Puts a file onto HDFS.
    pub(crate) async fn put(&self, name: &str, bytes: impl Into<bytes::Bytes>) -> Location {
        let at = self.root.join("results").unwrap().join(name).unwrap();
        let mut writer = self.storage.create(&at).await.unwrap();
        writer.write(bytes.into()).await.unwrap();
        writer.finish().await.unwrap();
        at
    }

    /// Runs a statement as somebody else.
    pub(crate) async fn run(&self, sql: &str) {
        self.query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs a statement as somebody else, and answers its rows: the values joined by `|`.
    pub(crate) async fn query(&self, sql: &str) -> hiveserver2::Result<Vec<String>> {
        let (host, port) = self.stack.thrift("plain");
        let mut session =
            hiveserver2::Session::open(&hiveserver2::Config::new(host, port).with_user(USER)).await?;
        // Whoever looks at others' grants has to.
        if sql.starts_with("SHOW GRANT") {
            session.run("SET ROLE ADMIN").await?;
        }
        let mut operation = session.execute(sql).await?;
        let mut rows = Vec::new();
        operation.wait().await?;
        while operation.has_results() {
            let Some(batch) = operation.fetch().await? else { break };
            rows.extend(row_texts(&batch).unwrap());
        }
        operation.close().await?;
        session.close().await?;
        Ok(rows)
    }

    /// The rows of a table, sorted.
    pub(crate) async fn rows_of(&self, table: &str) -> Vec<String> {
        let mut rows = self.query(&format!("SELECT * FROM {}.{table}", self.database)).await.unwrap();
        rows.sort();
        rows
    }

    /// The directory of a table.
    pub(crate) async fn location_of(&self, table: &str) -> Location {
        let rows = self.query(&format!("DESCRIBE FORMATTED {}.{table}", self.database)).await.unwrap();
        let row = rows.iter().find(|row| row.starts_with("\"Location:")).unwrap();
        Location::parse(row.split('"').nth(3).unwrap().trim()).unwrap()
    }

    /// Every file below a folder of the place, relative to it.
    pub(crate) async fn files(&self, folder: &Location) -> Vec<String> {
        let files = self.storage.list(folder).map(|file| file.unwrap().location).collect::<Vec<_>>().await;
        let mut names: Vec<String> = files
            .iter()
            .map(|file| file.as_str().trim_start_matches(folder.as_str()).trim_start_matches('/').to_owned())
            .collect();
        names.sort();
        names
    }
}
