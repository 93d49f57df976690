//! A real HiveServer2 over a real HDFS as a test service.
//!
//! [`HiveStack::get`] gives the stack that the test command started and named in `HIVE_STACK`, or starts one with this
//! folder's `stack.sh`, once for all tests of a process. [`HiveStack::start`] starts one of its own, for a test that
//! kills servers. A stack ends with the process that started it, even when that is killed.
//!
//! ```no_run
//! use hive_stack::HiveStack;
//!
//! let Some(stack) = HiveStack::get() else { return };
//! let (host, port) = stack.thrift("plain");
//! println!("HiveServer2 at {host}:{port}, its NameNode at {}", stack.name_node());
//! ```

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Base folder of a stack that runs already, as `stack.sh start` was given it.
const RUNNING: &str = "HIVE_STACK";

/// Leaves the tests that need a stack out, and says so.
const LEFT_OUT: &str = "HIVE_TESTS";

/// A running stack.
#[derive(Debug)]
pub struct HiveStack {
    endpoints: String,
    base: PathBuf,
    /// Its standard input is the stack's life: the script stops everything when it ends with this process.
    _script: Option<Child>,
}

impl HiveStack {
    /// The shared stack, or `None` where `HIVE_TESTS=skip` leaves these tests out.
    ///
    /// # Panics
    /// If it does not start.
    pub fn get() -> Option<&'static Self> {
        static STACK: OnceLock<Option<HiveStack>> = OnceLock::new();
        STACK.get_or_init(Self::find_or_start).as_ref()
    }

    /// Whether `HIVE_TESTS=skip` leaves these tests out. Says so on the error stream.
    pub fn is_left_out() -> bool {
        let is_left_out = std::env::var_os(LEFT_OUT).is_some_and(|value| value == "skip");
        if is_left_out {
            // Straight to the terminal: a test's own output is hidden when it passes.
            let _ = writeln!(
                std::io::stderr(),
                "LEFT OUT: the tests against a real Hive and HDFS, by {LEFT_OUT}=skip"
            );
        }
        is_left_out
    }

    fn find_or_start() -> Option<Self> {
        if Self::is_left_out() {
            return None;
        }
        Some(std::env::var_os(RUNNING).map_or_else(|| Self::start(&[]), |base| Self::at(Path::new(&base))))
    }

    /// The stack that runs in `base`.
    ///
    /// # Panics
    /// If none does.
    pub fn at(base: &Path) -> Self {
        let endpoints = std::fs::read_to_string(base.join("endpoints")).expect("a stack that runs there");
        Self { endpoints, base: base.to_owned(), _script: None }
    }

    /// Starts a stack of its own, with these variables of `stack.sh`, such as `("DATANODES", "3")`.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = script()
            .arg("run")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the stack's script runs; it needs bash, JDK 17 and Maven, or set HIVE_TESTS=skip");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut endpoints = String::new();
        loop {
            let line = lines.next().expect("the stack did not start; its own words are above").expect("text");
            if line == "STACK READY" {
                break;
            }
            endpoints += &line;
            endpoints.push('\n');
        }
        let base = endpoints.lines().find_map(|line| line.strip_prefix("base=")).expect("the base folder");
        Self { base: base.into(), endpoints, _script: Some(child) }
    }

    /// Runs `stack.sh COMMAND BASE ARGUMENTS`, such as `restart-hs2` or `stop-dn`, to its end.
    ///
    /// # Panics
    /// If it fails.
    pub fn run(&self, command: &str, arguments: &[&str]) {
        let status = self.command(command, arguments).stdout(Stdio::null()).status();
        assert!(
            status.expect("the stack's script runs").success(),
            "stack.sh {command} {arguments:?} failed"
        );
    }

    /// `stack.sh COMMAND BASE ARGUMENTS`, such as `hdfs` with what Hadoop's own shell is to do, ready to be started.
    pub fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut script = script();
        script.arg(command).arg(&self.base).args(arguments);
        script
    }

    /// The folder of its logs, certificates and pids.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Host and port of a HiveServer2, such as `plain`.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn thrift(&self, server: &str) -> (&str, u16) {
        let address = self.value(server, "thrift");
        let (host, port) = address.rsplit_once(':').expect("host:port");
        (host, port.parse().expect("a port"))
    }

    /// The NameNode, as `hdfs://HOST:PORT`.
    pub fn name_node(&self) -> &str {
        self.value("dfs", "hdfs")
    }

    /// The metastore, as `thrift://HOST:PORT`.
    pub fn metastore(&self) -> &str {
        self.value("ms", "hms")
    }

    /// What is told of a service, `plain thrift` for one.
    ///
    /// # Panics
    /// If nothing is.
    pub fn value(&self, service: &str, key: &str) -> &str {
        self.find(service, key).unwrap_or_else(|| panic!("{service} {key} in {}", self.endpoints))
    }

    /// What is told of a service, if anything is.
    pub fn find(&self, service: &str, key: &str) -> Option<&str> {
        let line = self.endpoints.lines().find(|line| line.split_whitespace().next() == Some(service))?;
        let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
        words.find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

/// A name that no other test uses, in this process or in another at the same stack.
pub fn fresh_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("stack.sh"))
}
