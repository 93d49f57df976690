//! Where the secured stack's servers are.

use std::io::Write;
use std::path::PathBuf;

use hive_stack::HiveStack;
use hiveserver2::{Config, Kerberos, Transport};

/// Base folder of a secured stack that runs.
const RUNNING: &str = "HIVE_KERBEROS_STACK";

/// A secured stack.
#[derive(Debug)]
pub(crate) struct Stack(HiveStack);

impl Stack {
    /// The stack, or `None` when there is none.
    pub(crate) fn get() -> Option<Self> {
        let Some(base) = std::env::var_os(RUNNING).map(PathBuf::from) else {
            // Straight to the terminal: a test's own output is hidden when it passes.
            let _ =
                writeln!(std::io::stderr(), "LEFT OUT: the tests with Kerberos, for {RUNNING} is not set");
            return None;
        };
        Some(Self(HiveStack::at(&base)))
    }

    /// A server by SASL, without a login yet. Its certificate of Kerberos is that of `localhost`.
    pub(crate) fn sasl(&self, server: &str) -> Config {
        let (_, port) = self.0.thrift(server);
        Config::new("localhost", port)
    }

    /// A server by HTTP, without a login yet.
    pub(crate) fn http(&self, server: &str) -> Config {
        let address = self.0.value(server, "http").split_once("://").expect("a URL").1;
        let (address, path) = address.split_once('/').expect("a path");
        let (_, port) = address.rsplit_once(':').expect("host:port");
        let config = Config::new("localhost", port.parse().expect("a port"));
        config.with_transport(Transport::Http { path: path.to_owned() })
    }
}

/// The service as the stack's KDC knows it.
pub(crate) fn kerberos() -> Kerberos {
    Kerberos::new("hive/_HOST@EXAMPLE.COM")
}
