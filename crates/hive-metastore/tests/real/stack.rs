//! The Hive stacks that the tests share: started once by their script, stopped when this process ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use hive_metastore::{Config, Metastore};
use hiveserver2::Session;

/// Base folder of a stack that runs already, as `stack.sh start` was given it.
const RUNNING: &str = "HIVE_STACK";

/// Leaves these tests out, and says so.
const LEFT_OUT: &str = "HIVE_TESTS";

/// Where the servers are.
#[derive(Debug)]
pub(crate) struct Stack {
    endpoints: String,
    /// Its standard input is the stack's life: the script stops everything when it ends with this process.
    _script: Option<Child>,
}

impl Stack {
    /// The stack whose metastore is on PostgreSQL, or `None` when the tests are to be left out.
    pub(crate) fn postgres() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(|| Self::find_or_start("postgres", "plain", "")).as_ref()
    }

    /// The stack whose metastore is on Derby.
    pub(crate) fn derby() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(|| Self::find_or_start("derby", "plain", "")).as_ref()
    }

    /// A metastore alone, with settings of its own.
    pub(crate) fn metastore_with(settings: &str) -> Option<Self> {
        if is_left_out() { None } else { Some(Self::start("derby", "", settings)) }
    }

    fn find_or_start(database: &str, servers: &str, settings: &str) -> Option<Self> {
        if is_left_out() {
            return None;
        }
        if let Some(base) = std::env::var_os(RUNNING).map(PathBuf::from) {
            let endpoints = std::fs::read_to_string(base.join("endpoints")).unwrap();
            let has_postgres = endpoints.lines().any(|line| line.starts_with("db postgres="));
            if has_postgres == (database == "postgres") {
                return Some(Self { endpoints, _script: None });
            }
        }
        Some(Self::start(database, servers, settings))
    }

    fn start(database: &str, servers: &str, settings: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hive-stack/stack.sh");
        let mut child = Command::new(script)
            .arg("run")
            .env("MS_DB", database)
            .env("SERVERS", servers)
            .env("MS_CONF", settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the stack's script runs; it needs bash, JDK 17 and Maven, or set HIVE_TESTS=skip");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut endpoints = String::new();
        loop {
            let line = lines.next().expect("the stack did not start; its own words are above").unwrap();
            if line == "STACK READY" {
                break;
            }
            endpoints += &line;
            endpoints.push('\n');
        }
        Self { endpoints, _script: Some(child) }
    }

    /// How its metastore is reached, as the user alice.
    pub(crate) fn config(&self) -> Config {
        Config::from_uris(self.value("ms", "hms")).unwrap().with_user("alice")
    }

    pub(crate) async fn metastore(&self) -> Metastore {
        Metastore::connect(&self.config()).await.unwrap()
    }

    /// A session for SQL.
    pub(crate) async fn session(&self) -> Session {
        let (host, port) = self.value("plain", "thrift").rsplit_once(':').unwrap();
        let config = hiveserver2::Config::new(host, port.parse().unwrap()).with_user("alice");
        Session::open(&config).await.unwrap()
    }

    fn value(&self, server: &str, key: &str) -> &str {
        let line = self.endpoints.lines().find_map(|line| line.strip_prefix(server)).unwrap();
        let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
        words.find(|(name, _)| *name == key).unwrap().1
    }
}

fn is_left_out() -> bool {
    let is_left_out = std::env::var_os(LEFT_OUT).is_some_and(|value| value == "skip");
    if is_left_out {
        // Straight to the terminal: a test's own output is hidden when it passes.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: a test against a real metastore, by {LEFT_OUT}=skip");
    }
    is_left_out
}

/// A name that no other test uses, in this process or in another at the same stack.
pub(crate) fn fresh_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
