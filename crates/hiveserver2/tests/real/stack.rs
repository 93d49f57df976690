//! The connections to the servers of the Hive stack that the tests share.

use std::sync::OnceLock;

use hive_stack::HiveStack;
use hiveserver2::{Config, Session, Tls, Transport};

pub(crate) use hive_stack::fresh_name;

/// Where the servers are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack(&'static HiveStack);

impl Stack {
    /// The stack, or `None` when the tests are to be left out.
    pub(crate) fn get() -> Option<&'static Self> {
        static STACK: OnceLock<Option<Stack>> = OnceLock::new();
        STACK.get_or_init(|| HiveStack::get().map(Self)).as_ref()
    }

    /// The server without passwords, by SASL.
    pub(crate) fn plain(&self) -> Config {
        let (host, port) = self.0.thrift("plain");
        Config::new(host, port).with_user("alice")
    }

    pub(crate) fn plain_http(&self) -> Config {
        self.http("plain").with_user("alice")
    }

    pub(crate) fn nosasl(&self) -> Config {
        let (host, port) = self.0.thrift("nosasl");
        Config::new(host, port).with_transport(Transport::NoSasl).with_user("alice")
    }

    /// The server with TLS and a password, by SASL.
    pub(crate) fn secure(&self) -> Config {
        let (host, port) = self.0.thrift("secure");
        Config::new(host, port).with_user("alice").with_password("correct horse").with_tls(self.authority())
    }

    pub(crate) fn secure_http(&self) -> Config {
        self.http("secure").with_user("alice").with_password("correct horse").with_tls(self.authority())
    }

    pub(crate) fn authority(&self) -> Tls {
        Tls::with_ca_file(self.0.base().join("tls/ca.pem")).expect("the authority's certificate")
    }

    /// Fingerprint of the secure server's certificate.
    pub(crate) fn fingerprint(&self) -> String {
        let text = std::fs::read_to_string(self.0.base().join("tls/fingerprint")).expect("the fingerprint");
        text.trim().to_owned()
    }

    fn http(&self, server: &str) -> Config {
        let address = self.0.value(server, "http").split_once("://").expect("a URL").1;
        let (address, path) = address.split_once('/').expect("a path");
        let (host, port) = address.rsplit_once(':').expect("host:port");
        let config = Config::new(host, port.parse().expect("a port"));
        config.with_transport(Transport::Http { path: path.to_owned() })
    }
}

/// Opens a session, or tells why it cannot.
pub(crate) async fn open(config: &Config) -> Session {
    Session::open(config).await.unwrap_or_else(|error| panic!("{error:?}"))
}
