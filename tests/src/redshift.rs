//! A schema of the Redshift emulator to publish to, with files on an S3 server in this process.

use std::path::PathBuf;
use std::sync::OnceLock;

use redshift_emulator::{Credentials, Emulator, EndpointStore, Isolation};
use s3_test_server::{ACCESS_KEY, S3TestServer, SECRET_KEY, Settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::{Answer, Place, python};

/// The bucket of the results.
const BUCKET: &str = "results";

/// What all tests of a process share.
#[derive(Debug)]
struct Services {
    runtime: Runtime,
    s3: S3TestServer,
    serializable: OnceLock<Emulator>,
    snapshot: OnceLock<Emulator>,
}

/// A schema of its own on the emulator, a folder of its own on S3, and a folder to run the binary in.
#[derive(Debug)]
pub struct RedshiftPlace {
    place: Place,
    services: &'static Services,
    isolation: Isolation,
    schema: String,
}

impl RedshiftPlace {
    /// Makes a schema on an emulator whose transactions are serializable.
    ///
    /// # Panics
    /// If the emulator does not start.
    pub fn new() -> Self {
        Self::with_isolation(Isolation::Serializable)
    }

    /// Makes a schema on an emulator of this isolation.
    ///
    /// # Panics
    /// If the emulator does not start.
    pub fn with_isolation(isolation: Isolation) -> Self {
        let place = Self {
            place: Place::new(),
            services: Services::get(),
            isolation,
            schema: hive_stack::fresh_name("s").to_lowercase(),
        };
        place.connect(place.emulator().port(), "");
        place.execute(&format!("CREATE SCHEMA {}", place.schema));
        place
    }

    /// Writes the settings of the connection `rs`, to the server at `port` of this machine, with `more` of them.
    pub fn connect(&self, port: u16, more: &str) {
        let emulator = self.emulator();
        let settings = format!(
            "[connections.rs]\ntarget = \"redshift\"\nhost = \"127.0.0.1\"\nport = {port}\ndatabase = \"{}\"\n\
             user = \"{}\"\npassword = \"{}\"\nsslmode = \"disable\"\naccess_key_id = \"{ACCESS_KEY}\"\n\
             secret_access_key = \"{SECRET_KEY}\"\njournal_schema = \"{}_journal\"\n{more}\n\
             [storage.s3]\nendpoint = \"{}\"\npath_style = true\nregion = \"us-east-1\"\n\
             access_key_id = \"{ACCESS_KEY}\"\nsecret_access_key = \"{SECRET_KEY}\"\n",
            emulator.database(),
            emulator.user(),
            emulator.password(),
            self.schema,
            self.services.s3.endpoint(),
        );
        self.place.write("publish.toml", settings);
    }

    /// The connection to the emulator as a server is told of it.
    pub fn connection(&self) -> Value {
        let emulator = self.emulator();
        json!({
            "vendor": "redshift", "name": "dw", "host": "127.0.0.1", "port": emulator.port(),
            "params": {
                "database": emulator.database(), "sslmode": "disable", "journal_schema": format!("{}_journal", self.schema)
            },
            "credentialType": "basic",
            "credentials": {
                "username": emulator.user(), "password": emulator.password(),
                "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY
            }
        })
    }

    /// The connection to S3 as a server is told of it.
    pub fn storage_connection(&self) -> Value {
        json!({
            "vendor": "s3", "name": "results",
            "params": {"endpoint": self.services.s3.endpoint(), "path_style": true, "region": "us-east-1"},
            "credentialType": "awsKeySecret", "credentials": {"key": ACCESS_KEY, "secret": SECRET_KEY}
        })
    }

    fn emulator(&self) -> &'static Emulator {
        self.services.emulator(self.isolation)
    }

    /// The port of the emulator.
    pub fn port(&self) -> u16 {
        self.emulator().port()
    }

    /// The folder that the binary runs in.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The S3 server that all tests of the process share.
    pub fn s3(&self) -> &'static S3TestServer {
        &self.services.s3
    }

    /// The name of the schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Puts local files into a folder of S3, and gives the folder's address.
    ///
    /// # Panics
    /// If one can't be read.
    pub fn upload(&self, folder: &str, files: &[PathBuf]) -> String {
        for file in files {
            let name = file.file_name().expect("a name").to_str().expect("text");
            let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            self.s3().put(BUCKET, &format!("{}/{folder}/{name}", self.schema), bytes);
        }
        format!("s3://{BUCKET}/{}/{folder}", self.schema)
    }

    /// The keys of this place's folder, and of what was staged anywhere.
    pub fn keys(&self) -> Vec<String> {
        let own = format!("{}/", self.schema);
        let is_own = |key: &String| key.starts_with(&own);
        self.s3().keys(BUCKET).into_iter().filter(is_own).collect()
    }

    /// Runs `publish run FILES --connection rs --table SCHEMA.TABLE --action ACTION --json` and more.
    pub fn run(&self, files: &[&str], table: &str, action: &str, more: &[&str]) -> Answer {
        let table = format!("{}.{table}", self.schema);
        self.place.run(files, &table, action, &[&["--connection", "rs"], more].concat())
    }

    /// The same, ready to be started.
    pub fn command(&self, files: &[&str], table: &str, action: &str, more: &[&str]) -> std::process::Command {
        let table = format!("{}.{table}", self.schema);
        let fixed = ["--table", &table, "--action", action, "--json", "--connection", "rs"];
        self.place.command(["run"].iter().chain(files).chain(&fixed).chain(more))
    }

    /// Runs statements of the test's own. `{s}` stands for the schema.
    ///
    /// # Panics
    /// If one fails.
    pub fn execute(&self, statements: &str) {
        self.query(statements);
    }

    /// The rows of a query, each value as text, `NULL` for none. `{s}` stands for the schema.
    ///
    /// # Panics
    /// If it fails.
    pub fn query(&self, query: &str) -> Vec<Vec<String>> {
        let query = query.replace("{s}", &self.schema);
        let emulator = self.emulator();
        self.services.runtime.block_on(async {
            let mut config = tokio_postgres::Config::new();
            config.host("127.0.0.1").port(emulator.port()).dbname(emulator.database());
            config.user(emulator.user()).password(emulator.password());
            let (client, connection) = config.connect(NoTls).await.expect("a connection");
            let connection = tokio::spawn(connection);
            let messages =
                client.simple_query(&query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
            drop(client);
            let _ = connection.await;
            messages.iter().filter_map(texts).collect()
        })
    }

    /// The one number that a query gives.
    ///
    /// # Panics
    /// If it gives none.
    pub fn number(&self, query: &str) -> u64 {
        let rows = self.query(query);
        rows[0][0].parse().unwrap_or_else(|error| panic!("{query}: {error}: {rows:?}"))
    }

    /// How many rows a table of the schema has.
    pub fn row_count(&self, table: &str) -> u64 {
        self.number(&format!("SELECT count(*) FROM {{s}}.\"{table}\""))
    }

    /// The names of all tables of the schema, in order.
    pub fn tables(&self) -> Vec<String> {
        let query = "SELECT tablename FROM pg_tables WHERE schemaname = '{s}' ORDER BY 1";
        self.query(query).into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Compares a table, read by psycopg2, with the local files it was published from.
    ///
    /// # Errors
    /// What differs.
    pub fn check_values(&self, table: &str, files: &[PathBuf]) -> Result<(), String> {
        let mut arguments = vec![self.dsn().into(), self.schema.clone().into(), table.to_owned().into()];
        arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
        python::run("check_redshift.py", &arguments)
    }

    /// How psycopg2 connects.
    pub fn dsn(&self) -> String {
        let emulator = self.emulator();
        format!(
            "host=127.0.0.1 port={} dbname={} user={} password={}",
            emulator.port(),
            emulator.database(),
            emulator.user(),
            emulator.password()
        )
    }
}

impl Default for RedshiftPlace {
    fn default() -> Self {
        Self::new()
    }
}

impl Services {
    fn get() -> &'static Self {
        static SERVICES: OnceLock<Services> = OnceLock::new();
        SERVICES.get_or_init(|| Self {
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime"),
            s3: S3TestServer::start(Settings::default().with_bucket(BUCKET)).expect("a free port"),
            serializable: OnceLock::new(),
            snapshot: OnceLock::new(),
        })
    }

    fn emulator(&self, isolation: Isolation) -> &Emulator {
        let emulator = match isolation {
            Isolation::Snapshot => &self.snapshot,
            _ => &self.serializable,
        };
        emulator.get_or_init(|| {
            let keys = Credentials::new(ACCESS_KEY, SECRET_KEY);
            let objects = EndpointStore::new(self.s3.endpoint()).with_role_credentials(keys);
            let start = Emulator::builder().with_isolation(isolation).with_objects(objects).start();
            self.runtime.block_on(start).expect("an emulator, for which PostgreSQL's programs are needed")
        })
    }
}

fn texts(message: &SimpleQueryMessage) -> Option<Vec<String>> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    Some((0..row.len()).map(|column| row.get(column).unwrap_or("NULL").to_owned()).collect())
}
