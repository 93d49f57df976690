//! How a metastore is reached.

use std::fmt;
use std::time::Duration;

use hive_thrift::{Host, Tls};

use crate::error::{Error, ErrorKind, Result};

/// The port that a metastore listens on unless it is told otherwise.
const DEFAULT_PORT: u16 = 9083;

/// Where the metastore is, who connects, and how.
///
/// ```
/// use hive_metastore::{Config, Tls};
///
/// let plain = Config::from_uris("thrift://ms-1.example.com:9083,thrift://ms-2.example.com")?.with_user("etl");
/// let secure = Config::new("ms.example.com", 9083)
///     .with_login("alice", "secret")
///     .with_tls(Tls::with_pinned_certificate(&"ab".repeat(32))?);
/// assert!(!format!("{secure:?}").contains("secret"));
/// # Ok::<(), hive_metastore::Error>(())
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: Option<String>,
    /// By SASL PLAIN, when there is one.
    pub(crate) password: Option<String>,
    pub(crate) tls: Option<Tls>,
    #[cfg(feature = "kerberos")]
    pub(crate) kerberos: Option<hive_thrift::Kerberos>,
    pub(crate) connect_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_message_bytes: usize,
}

impl Config {
    /// Connects to one metastore by bare TCP.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            hosts: vec![Host::new(host, port)],
            user: None,
            password: None,
            tls: None,
            #[cfg(feature = "kerberos")]
            kerberos: None,
            connect_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(600),
            max_message_bytes: 64 << 20,
        }
    }

    /// Connects to the first that answers of a list as `hive.metastore.uris` has it: `thrift://host:port`, commas between.
    ///
    /// # Errors
    ///
    /// InvalidConfig when one is no such address, or the list is empty.
    pub fn from_uris(uris: &str) -> Result<Self> {
        let mut hosts = Vec::new();
        for uri in uris.split(',').map(str::trim).filter(|uri| !uri.is_empty()) {
            hosts.push(host_of(uri).ok_or_else(|| {
                let message = "A metastore's address is thrift://host:port";
                Error::new(ErrorKind::InvalidConfig, message).with_context("address", uri)
            })?);
        }
        if hosts.is_empty() {
            let message = "No metastore is named; give thrift://host:port";
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        Ok(Self { hosts, ..Self::new("", 0) })
    }

    /// Adds a metastore that is tried when those before it cannot be reached.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>, port: u16) -> Self {
        self.hosts.push(Host::new(host, port));
        self
    }

    /// Sets the user to act as, which a metastore without authentication believes (`metastore.execute.setugi`).
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self.password = None;
        self
    }

    /// Logs in by SASL PLAIN: `metastore.authentication` is `LDAP` or `CONFIG`. Without TLS the password crosses the
    /// network in the clear.
    #[must_use]
    pub fn with_login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self.password = Some(password.into());
        self
    }

    /// Encrypts the connection: `metastore.use.SSL`.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Logs in with Kerberos: `metastore.sasl.enabled`. Takes the place of user and password. Needs the feature `kerberos`.
    #[cfg(feature = "kerberos")]
    #[must_use]
    pub fn with_kerberos(mut self, kerberos: hive_thrift::Kerberos) -> Self {
        self.kerberos = Some(kerberos);
        self.user = None;
        self.password = None;
        self
    }

    /// Limits the time for the connection, TLS and the login at one host (default 30 s).
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits the time for one answer (default 10 min).
    #[must_use]
    pub fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Limits the length of one answer (default 64 MiB). A longer one is refused before it is read.
    #[must_use]
    pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        // The protocol cannot tell longer ones.
        self.max_message_bytes = bytes.min(i32::MAX as usize);
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Config");
        #[cfg(feature = "kerberos")]
        debug.field("kerberos", &self.kerberos);
        debug
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("tls", &self.tls)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("max_message_bytes", &self.max_message_bytes)
            .finish_non_exhaustive()
    }
}

fn host_of(uri: &str) -> Option<Host> {
    let address = uri.strip_prefix("thrift://")?.trim_end_matches('/');
    // An IPv6 address has colons of its own and stands in brackets.
    let (name, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (name, rest) = rest.split_once(']')?;
            (name, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match address.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (address, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => DEFAULT_PORT,
    };
    let is_name = !name.is_empty() && !name.contains(['/', '@', '?', '#', ' ']);
    is_name.then(|| Host::new(name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(uris: &str) -> Option<Vec<String>> {
        Config::from_uris(uris).ok().map(|config| config.hosts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_list_of_uris_is_a_list_of_hosts() {
        let expected = Some(vec!["a:9083".to_owned(), "b:7".to_owned(), "::1:8".to_owned()]);
        assert_eq!(hosts("thrift://a, thrift://b:7/,thrift://[::1]:8,"), expected);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for uris in
            ["", ",", "a:9083", "http://a", "thrift://", "thrift://a:b", "thrift://a:70000", "thrift://u@a"]
        {
            assert_eq!(hosts(uris), None, "{uris}");
        }
    }
}
