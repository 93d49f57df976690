//! A database of a real Hive to publish to, with files on its HDFS.

use std::path::PathBuf;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use hive_stack::{HiveStack, fresh_name};
use hiveserver2::{Config, Session, Transport};
use publish_core::{Location, Storage};
use publish_storage::{HdfsConfig, HdfsStorage};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::{Answer, Place, python};

/// A database of its own on the shared stack, and a folder to run the binary in.
#[derive(Debug)]
pub struct HivePlace {
    place: Place,
    stack: &'static HiveStack,
    database: String,
    /// Which HiveServer2 of the stack it goes to.
    server: &'static str,
    runtime: Runtime,
}

impl HivePlace {
    /// Makes a database, or gives `None` where the tests against Hive are left out. The connection `hive` gets `more`
    /// settings, lines of TOML.
    ///
    /// # Panics
    /// If the stack does not start.
    pub fn new(more: &str) -> Option<Self> {
        Self::at("plain", more)
    }

    /// As [`new`](Self::new), at the server `plain` or `nosasl` of the stack.
    ///
    /// # Panics
    /// If the stack does not start.
    pub fn at(server: &'static str, more: &str) -> Option<Self> {
        HiveStack::get().map(|stack| Self::on_server(stack, server, more))
    }

    /// As [`new`](Self::new), on a stack that is not the shared one.
    pub fn on(stack: &'static HiveStack, more: &str) -> Self {
        Self::on_server(stack, "plain", more)
    }

    fn on_server(stack: &'static HiveStack, server: &'static str, more: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let place =
            Self { place: Place::new(), stack, database: fresh_name("publish_test"), server, runtime };
        let (host, port) = stack.thrift(server);
        let auth = if server == "nosasl" { "auth = \"noSasl\"\n" } else { "" };
        place.connect(&format!("{host}:{port}"), &format!("{auth}{more}"));
        place.execute(&format!("CREATE DATABASE {}", place.database));
        place
    }

    /// Writes the settings of the connection `hive`, to the server at `address`. The stack has the tables of every other test,
    /// too, so those of the place's own database alone are looked through.
    pub fn connect(&self, address: &str, more: &str) {
        let settings = format!(
            "[connections.hive]\ntarget = \"hive\"\nhosts = [\"{address}\"]\nuser = \"hive\"\nstaging = \"{}\"\n\
             reference_databases = [\"{}\"]\n{more}\n[storage.hdfs]\nuser = \"hive\"\n",
            self.staging(),
            self.database
        );
        self.place.write("publish.toml", settings);
    }

    /// The connection to Hive as a server is told of it.
    pub fn connection(&self) -> Value {
        let (host, port) = self.stack.thrift("plain");
        json!({
            "vendor": "hive", "name": "warehouse", "host": host, "port": port,
            "params": {"staging": self.staging()}, "credentials": {"username": "hive"}
        })
    }

    /// The connection to HDFS as a server is told of it.
    pub fn storage_connection(&self) -> Value {
        json!({"vendor": "hdfs", "name": "results", "credentials": {"username": "hive"}})
    }

    /// The place's own folder on HDFS, where Hive may write as the engine does.
    pub fn root(&self) -> String {
        format!("{}/tmp/{}", self.stack.name_node(), self.database)
    }

    /// The folder of staged files, of the journal and of new tables.
    pub fn staging(&self) -> String {
        format!("{}/staging", self.root())
    }

    /// The folder that the binary runs in.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The stack.
    pub fn stack(&self) -> &'static HiveStack {
        self.stack
    }

    /// Copies local files into a folder of HDFS, and gives the folder's address.
    ///
    /// # Panics
    /// If it can't.
    pub fn upload(&self, folder: &str, files: &[PathBuf]) -> String {
        let root = format!("{}/results/{folder}", self.root());
        let folder = Location::parse(&root).expect("an address");
        self.runtime.block_on(async {
            let storage = hdfs();
            for file in files {
                let name = file.file_name().expect("a name").to_str().expect("text");
                let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let mut writer =
                    storage.create(&folder.join(name).expect("a name")).await.expect("a new file");
                writer.write(bytes.into()).await.expect("bytes");
                writer.finish().await.expect("a file");
            }
        });
        root
    }

    /// Runs `publish run FILES --connection hive --path DATABASE --table TABLE --action ACTION --json` and more.
    pub fn run(&self, files: &[&str], table: &str, action: &str, more: &[&str]) -> Answer {
        let fixed = ["--connection", "hive", "--path", &self.database];
        self.place.run(files, table, action, &[&fixed[..], more].concat())
    }

    /// The same, ready to be started.
    pub fn command(&self, files: &[&str], table: &str, action: &str, more: &[&str]) -> std::process::Command {
        let fixed = [
            "--table",
            table,
            "--action",
            action,
            "--json",
            "--connection",
            "hive",
            "--path",
            &self.database,
        ];
        self.place.command(["run"].iter().chain(files).chain(&fixed).chain(more))
    }

    /// Runs a statement of the test's own. `{db}` stands for the database.
    ///
    /// # Panics
    /// If it fails.
    pub fn execute(&self, statement: &str) {
        let statement = statement.replace("{db}", &self.database);
        self.runtime.block_on(async {
            let mut session = self.session().await;
            session.run(statement.as_str()).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
            session.close().await.expect("a close");
        });
    }

    /// The rows of a query, each value as text, `NULL` for none. `{db}` stands for the database.
    ///
    /// # Panics
    /// If it fails.
    pub fn query(&self, query: &str) -> Vec<Vec<String>> {
        self.try_query(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The rows of a query, or why it failed.
    ///
    /// # Errors
    /// What Hive says.
    pub fn try_query(&self, query: &str) -> hiveserver2::Result<Vec<Vec<String>>> {
        let query = query.replace("{db}", &self.database);
        self.runtime.block_on(async {
            let mut session = self.session().await;
            let mut operation = session.execute(query.as_str()).await?;
            let mut rows = Vec::new();
            while let Some(batch) = operation.fetch().await? {
                rows.extend(texts(&batch));
            }
            operation.close().await?;
            session.close().await?;
            Ok(rows)
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

    /// How many rows a table of the database has.
    pub fn row_count(&self, table: &str) -> u64 {
        self.number(&format!("SELECT count(*) FROM {{db}}.`{table}`"))
    }

    /// The names of all tables of the database, in order.
    pub fn tables(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.query("SHOW TABLES IN {db}").into_iter().map(|mut row| row.remove(0)).collect();
        names.sort();
        names
    }

    /// Everything that DESCRIBE FORMATTED tells of a table, as lines.
    pub fn describe(&self, table: &str) -> Vec<String> {
        let rows = self.query(&format!("DESCRIBE FORMATTED {{db}}.`{table}`"));
        rows.into_iter()
            .map(|row| row.iter().map(|value| value.trim()).collect::<Vec<_>>().join("\t"))
            .collect()
    }

    /// The files below a folder of HDFS, in order, without the folder's address.
    pub fn files(&self, folder: &str) -> Vec<String> {
        use futures::TryStreamExt;
        let at = Location::parse(folder).expect("an address");
        let listed = self.runtime.block_on(hdfs().list(&at).try_collect::<Vec<_>>());
        let mut names: Vec<String> = listed
            .unwrap_or_else(|error| panic!("{folder}: {error}"))
            .into_iter()
            .map(|file| file.location.as_str().trim_start_matches(folder).trim_start_matches('/').to_owned())
            .collect();
        names.sort();
        names
    }

    /// The write ids of the committed transactions of a table, in the order of their commits, as the metastore's database
    /// has them.
    ///
    /// # Panics
    /// If the stack's metastore is not on PostgreSQL.
    pub fn commit_order(&self, table: &str) -> Vec<i64> {
        let address = self.stack.value("db", "postgres");
        let query = "SELECT \"CTC_WRITEID\" FROM \"COMPLETED_TXN_COMPONENTS\" \
                     WHERE \"CTC_DATABASE\" = $1 AND \"CTC_TABLE\" = $2 ORDER BY \"CTC_TIMESTAMP\"";
        self.runtime.block_on(async {
            let url = format!("postgresql://hive@{address}");
            let (client, connection) =
                tokio_postgres::connect(&url, NoTls).await.expect("the metastore's database");
            let connection = tokio::spawn(connection);
            let rows = client.query(query, &[&self.database, &table]).await.expect("its transactions");
            drop(client);
            connection.await.expect("no panic").expect("a close");
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    /// Compares a table, read by impyla, with the local files it was published from.
    ///
    /// # Errors
    /// What differs.
    pub fn check_values(&self, table: &str, files: &[PathBuf]) -> Result<(), String> {
        let (host, port) = self.stack.thrift(self.server);
        let way = if self.server == "nosasl" { "nosasl@" } else { "" };
        let address = format!("{way}{host}:{port}");
        let mut arguments = vec![address.into(), self.database.clone().into(), table.to_owned().into()];
        arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
        python::run("check_hive.py", &arguments)
    }

    async fn session(&self) -> Session {
        let (host, port) = self.stack.thrift(self.server);
        let transport = if self.server == "nosasl" { Transport::NoSasl } else { Transport::Plain };
        let config = Config::new(host, port)
            .with_transport(transport)
            .with_user("hive")
            .with_setting("hive.resultset.use.unique.column.names", "false")
            .with_call_timeout(Duration::from_secs(300));
        Session::open(&config).await.unwrap_or_else(|error| panic!("{error:?}"))
    }
}

/// HDFS as Hive's own user.
fn hdfs() -> HdfsStorage {
    let mut config = HdfsConfig::default();
    config.user = Some("hive".to_owned());
    HdfsStorage::new(config).expect("settings that are right")
}

fn texts(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<Vec<String>> =
        batch.columns().iter().map(|column| column_texts(column, &options)).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

fn column_texts(column: &dyn Array, options: &FormatOptions<'_>) -> Vec<String> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().map(|text| text.unwrap_or("NULL").to_owned()).collect();
    }
    let formatter = ArrayFormatter::try_new(column, options).expect("a type that has a text");
    (0..column.len()).map(|row| formatter.value(row).to_string()).collect()
}
