//! A database of the secured Hive, and a folder to run the binary in.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use arrow_array::cast::AsArray;
use hive_stack::{HiveStack, fresh_name};
use hiveserver2::{Config, Kerberos, Session};
use publish_tests::{Answer, Place};

/// Base folder of a secured stack that runs.
const RUNNING: &str = "HIVE_KERBEROS_STACK";

/// The services as the stack's KDC knows them.
const PRINCIPAL: &str = "hive/_HOST@EXAMPLE.COM";

/// A database of its own.
#[derive(Debug)]
pub(crate) struct SecuredPlace {
    pub(crate) place: Place,
    stack: HiveStack,
    database: String,
}

impl SecuredPlace {
    /// Makes a database and the settings of a connection to `server`, or gives `None` where no secured stack runs.
    /// `kerberos` are further settings of Kerberos.
    pub(crate) fn new(server: &str, kerberos: &str) -> Option<Self> {
        let Some(base) = std::env::var_os(RUNNING).map(PathBuf::from) else {
            // Straight to the terminal: a test's own output is hidden when it passes.
            let _ =
                writeln!(std::io::stderr(), "LEFT OUT: publishes with Kerberos, for {RUNNING} is not set");
            return None;
        };
        let (stack, place) = (HiveStack::at(&base), Place::new());
        let database = fresh_name("secured");
        let staging = format!("{}/tmp/{database}", stack.name_node());
        let (_, port) = stack.thrift(server);
        // The services are those of `localhost` for Kerberos, whatever address they have.
        let metastore = stack.metastore().replace("127.0.0.1", "localhost");
        let settings = format!(
            "[connections.hive]\ntarget = \"hive\"\nhosts = [\"localhost:{port}\"]\nauth = \"kerberos\"\n\
             metastore = \"{metastore}\"\nstaging = \"{staging}\"\n\
             [connections.hive.kerberos]\nprincipal = \"{PRINCIPAL}\"\n{kerberos}\n[storage.hdfs]\nhadoop_conf_dir = \"{}\"\n",
            base.join("conf").display()
        );
        place.write("publish.toml", settings);
        let secured = Self { place, stack, database };
        secured.rows(&format!("CREATE DATABASE {}", secured.database));
        Some(secured)
    }

    /// Publishes a CSV file of this text.
    pub(crate) fn publish(&self, text: &str, table: &str, action: &str) -> Answer {
        self.command(text, table, action).output().expect("the binary runs").into()
    }

    /// The same, ready to be started.
    pub(crate) fn command(&self, text: &str, table: &str, action: &str) -> Command {
        let file = self.place.write("results.csv", text).display().to_string();
        let more = ["--connection", "hive", "--path", &self.database, "--table-naming", "exact", "--json"];
        let fixed = ["run", &file, "--table", table, "--action", action];
        self.place.command(fixed.iter().chain(&more))
    }

    /// The keytab of a user of the stack.
    pub(crate) fn keytab(&self, user: &str) -> PathBuf {
        self.stack.base().join("krb").join(format!("{user}.keytab"))
    }

    /// The first column of a table, as the engine's own user sees it.
    pub(crate) fn texts(&self, table: &str, column: &str) -> Vec<String> {
        self.rows(&format!("SELECT CAST({column} AS STRING) FROM {}.{table} ORDER BY 1", self.database))
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let (_, port) = self.stack.thrift("kerberos");
        let config = Config::new("localhost", port).with_kerberos(Kerberos::new(PRINCIPAL));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let rows = runtime.block_on(async {
            let mut session = Session::open(&config).await?;
            let mut operation = session.execute(sql).await?;
            operation.wait().await?;
            let mut rows = Vec::new();
            while operation.has_results() {
                let Some(batch) = operation.fetch().await? else { break };
                let texts = batch.column(0).as_string::<i32>();
                rows.extend(texts.iter().map(|text| text.unwrap_or("NULL").to_owned()));
            }
            operation.close().await?;
            session.close().await?;
            Ok::<_, hiveserver2::Error>(rows)
        });
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}
