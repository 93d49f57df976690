//! A store, results and a database, and servers that share them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use publish_core::{
    ActionName, Engine, FileFormat, FormatOptions, Location, Registry, RequestOptions, Result, Storage,
};
use publish_server::{
    AllowedLocations, ConnectionId, Connections, Job, JobGroupId, JobId, JobRunner, JobSettings, Jobs,
    NewConnection, NewJobGroup, Output, PublishCall, Sealer, SqlStore, Store, TokenId,
};
use publish_storage::MemoryStorage;
use redshift_emulator::PlainServer;
use serde_json::json;
use target_sqlite::SqliteFactory;
use tempfile::TempDir;

use crate::gate::{Gate, GatedStorage};

/// Longest wait for a job.
const PATIENCE: Duration = Duration::from_secs(60);

/// What servers share: a store for many, results in memory, a database file.
pub(crate) struct House {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) gate: Gate,
    storage: Arc<dyn Storage>,
    group: JobGroupId,
    connection: ConnectionId,
    folder: TempDir,
    _postgres: PlainServer,
}

/// One server.
pub(crate) struct Server {
    pub(crate) jobs: Jobs,
}

impl Server {
    pub(crate) async fn start(&self) -> JobRunner {
        JobRunner::start(&self.jobs).await.unwrap()
    }
}

/// Nothing is sealed here.
#[derive(Debug)]
struct NoSecrets;

impl Sealer for NoSecrets {
    fn seal(&self, plain: &[u8], _: &[u8]) -> Result<Vec<u8>> {
        Ok(plain.to_vec())
    }

    fn open(&self, sealed: &[u8], _: &[u8]) -> Result<Vec<u8>> {
        Ok(sealed.to_vec())
    }
}

impl House {
    /// Rows of the results.
    pub(crate) const ROWS: u64 = 2;

    pub(crate) async fn new() -> Self {
        let postgres = PlainServer::start().await.unwrap();
        let config = publish_server::PostgresConfig::new(publish_core::Secret::new(postgres.url()));
        let store: Arc<dyn Store> = Arc::new(SqlStore::postgres(&config).await.unwrap());
        let gate = Gate::default();
        let files = MemoryStorage::default();
        let at = Location::parse("mem:///results/part-0.csv").unwrap();
        let mut file = files.create(&at).await.unwrap();
        file.write(Bytes::from_static(b"id,name\n1,Ada\n2,Grace\n")).await.unwrap();
        file.finish().await.unwrap();
        let storage: Arc<dyn Storage> = Arc::new(GatedStorage { files, gate: gate.clone() });
        let output = Output {
            flow_node_id: 10,
            format: FileFormat::Csv,
            locations: vec![at],
            storage_connection: None,
            options: FormatOptions::default(),
            schema: None,
        };
        let new =
            NewJobGroup { name: None, description: None, outputs: vec![output], created_by: TokenId::NOBODY };
        let group = store.create_job_group(&new).await.unwrap().id;
        let folder = tempfile::tempdir().unwrap();
        let mut house =
            Self { store, gate, storage, group, connection: ConnectionId(0), folder, _postgres: postgres };
        let file = house.database().to_string_lossy().into_owned();
        let connection = NewConnection {
            vendor: "sqlite".to_owned(),
            name: "local".to_owned(),
            host: None,
            port: None,
            params: json!({"file": file}).as_object().unwrap().clone(),
            credential_type: None,
            credentials: Default::default(),
            created_by: TokenId::NOBODY,
        };
        house.connection = house.connections(&house.registry()).create(&connection).await.unwrap().id;
        house
    }

    /// A server of its own, with quick signs of life and no time to stop.
    pub(crate) fn server(&self) -> Server {
        let registry = self.registry();
        let mut settings = JobSettings::default();
        settings.beat = Duration::from_millis(50);
        settings.lease = Duration::from_millis(500);
        settings.poll = Duration::from_millis(50);
        settings.check_time = Duration::from_millis(500);
        settings.stop_time = Duration::ZERO;
        let connections = self.connections(&registry);
        let locations = AllowedLocations::parse(["mem:///results/"]).unwrap();
        let engine = Engine::new(registry);
        let jobs = Jobs::new(engine, Arc::clone(&self.store), connections, locations, settings);
        Server { jobs }
    }

    /// A publish of the results.
    pub(crate) fn call(&self, table: &str, action: ActionName) -> PublishCall {
        PublishCall {
            group: self.group,
            connection: self.connection,
            path: vec!["main".to_owned()],
            table: table.to_owned(),
            action,
            input_format: FileFormat::Csv,
            flow_node_id: None,
            options: RequestOptions::default(),
            created_by: TokenId::NOBODY,
        }
    }

    /// Waits for the end of a job.
    pub(crate) async fn ended(&self, job: JobId) -> Job {
        let look = async {
            loop {
                let job = self.store.job(job).await.unwrap().unwrap();
                if job.status.is_final() {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap()
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("warehouse.sqlite")
    }

    /// Rows of a table.
    pub(crate) fn rows(&self, table: &str) -> u64 {
        let count = format!("SELECT COUNT(*) FROM \"{table}\"");
        self.ask(&count)
    }

    /// Whether there is such a table.
    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.ask(&format!("SELECT COUNT(*) FROM sqlite_schema WHERE name = '{table}'")) > 0
    }

    fn ask(&self, sql: &str) -> u64 {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let answer: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
        answer.unsigned_abs()
    }

    fn registry(&self) -> Registry {
        let registry = Registry::new().with_target(Arc::new(SqliteFactory)).with_storage(&self.storage);
        publish_formats::all().into_iter().fold(registry, Registry::with_format)
    }

    fn connections(&self, registry: &Registry) -> Connections {
        Connections::new(registry.clone(), Vec::new(), Arc::clone(&self.store), Arc::new(NoSecrets))
    }
}
