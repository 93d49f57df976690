//! The Hive stack that the tests share: started once by its script, stopped when this process ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use hiveserver2::{Config, Session, Tls, Transport};

/// Base folder of a stack that runs already, as `stack.sh start` was given it.
const RUNNING: &str = "HIVE_STACK";

/// Leaves these tests out, and says so.
const LEFT_OUT: &str = "HIVE_TESTS";

/// Where the servers are.
#[derive(Debug)]
pub(crate) struct Stack {
    endpoints: String,
    base: PathBuf,
    /// Its standard input is the stack's life: the script stops everything when it ends with this process.
    _script: Option<Child>,
}

impl Stack {
    /// The stack, or `None` when the tests are to be left out.
    pub(crate) fn get() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(Self::find_or_start).as_ref()
    }

    fn find_or_start() -> Option<Self> {
        if std::env::var_os(LEFT_OUT).is_some_and(|value| value == "skip") {
            // Straight to the terminal: a test's own output is hidden when it passes.
            let _ = writeln!(
                std::io::stderr(),
                "LEFT OUT: the tests against a real HiveServer2, by {LEFT_OUT}=skip"
            );
            return None;
        }
        if let Some(base) = std::env::var_os(RUNNING).map(PathBuf::from) {
            let endpoints =
                std::fs::read_to_string(base.join("endpoints")).expect("the stack of HIVE_STACK runs");
            return Some(Self { endpoints, base, _script: None });
        }
        Some(Self::start())
    }

    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hive-stack/stack.sh");
        let mut child = Command::new(script)
            .arg("run")
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
        let base = PathBuf::from(base);
        Self { endpoints, base, _script: Some(child) }
    }

    /// The server without passwords, by SASL.
    pub(crate) fn plain(&self) -> Config {
        let (host, port) = self.thrift("plain");
        Config::new(host, port).with_user("alice")
    }

    pub(crate) fn plain_http(&self) -> Config {
        self.http("plain").with_user("alice")
    }

    pub(crate) fn nosasl(&self) -> Config {
        let (host, port) = self.thrift("nosasl");
        Config::new(host, port).with_transport(Transport::NoSasl).with_user("alice")
    }

    /// The server with TLS and a password, by SASL.
    pub(crate) fn secure(&self) -> Config {
        let (host, port) = self.thrift("secure");
        Config::new(host, port).with_user("alice").with_password("correct horse").with_tls(self.authority())
    }

    pub(crate) fn secure_http(&self) -> Config {
        self.http("secure").with_user("alice").with_password("correct horse").with_tls(self.authority())
    }

    pub(crate) fn authority(&self) -> Tls {
        Tls::with_ca_file(self.base.join("tls/ca.pem")).expect("the authority's certificate")
    }

    /// Fingerprint of the secure server's certificate.
    pub(crate) fn fingerprint(&self) -> String {
        let text = std::fs::read_to_string(self.base.join("tls/fingerprint")).expect("the fingerprint");
        text.trim().to_owned()
    }

    fn http(&self, server: &str) -> Config {
        let address = self.value(server, "http");
        let address = address.split_once("://").expect("a URL").1;
        let (address, path) = address.split_once('/').expect("a path");
        let (host, port) = split(address);
        Config::new(host, port).with_transport(Transport::Http { path: path.to_owned() })
    }

    fn thrift(&self, server: &str) -> (&str, u16) {
        split(self.value(server, "thrift"))
    }

    fn value(&self, server: &str, key: &str) -> &str {
        let line =
            self.endpoints.lines().find_map(|line| line.strip_prefix(server)).expect("the server runs");
        let mut words = line.split_whitespace().filter_map(|word| word.split_once('='));
        words.find(|(name, _)| *name == key).expect("the endpoint").1
    }
}

/// Opens a session, or tells why it cannot.
pub(crate) async fn open(config: &Config) -> Session {
    Session::open(config).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// A name that no other test uses, in this process or in another at the same stack.
pub(crate) fn fresh_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn split(address: &str) -> (&str, u16) {
    let (host, port) = address.rsplit_once(':').expect("host:port");
    (host, port.parse().expect("a port"))
}
