//! How a server is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hive_thrift::{Host, Tls};

/// Where the server is, who connects, and how.
///
/// ```
/// use hiveserver2::{Config, Tls, Transport};
///
/// let config = Config::new("hive-1.example.com", 10000)
///     .with_host("hive-2.example.com", 10000)
///     .with_user("alice")
///     .with_password("secret")
///     .with_tls(Tls::with_pinned_certificate(&"ab".repeat(32))?)
///     .with_database("sales");
/// let gateway = Config::new("knox.example.com", 8443)
///     .with_transport(Transport::Http { path: "/gateway/default/hive".into() })
///     .with_tls(Tls::with_system_roots()?);
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), hiveserver2::Error>(())
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) hosts: Vec<Host>,
    pub(crate) transport: Transport,
    pub(crate) tls: Option<Tls>,
    #[cfg(feature = "kerberos")]
    pub(crate) kerberos: Option<hive_thrift::Kerberos>,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: Option<String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) max_message_bytes: usize,
    pub(crate) target_batch_bytes: usize,
    pub(crate) timestamp_unit: TimestampUnit,
}

/// How messages travel, which has to be as the server is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// TCP with SASL: `hive.server2.authentication` is `NONE`, `LDAP`, `PAM` or `CUSTOM`, or `KERBEROS` with a login for it.
    #[default]
    Plain,
    /// TCP without SASL: `hive.server2.authentication` is `NOSASL`.
    NoSasl,
    /// HTTP with a login in each request's head until the server gives a cookie: `hive.server2.transport.mode` is `http` or `all`.
    Http {
        /// Path of the endpoint, `/cliservice` unless `hive.server2.thrift.http.path` or a gateway says otherwise.
        path: String,
    },
}

/// The unit of timestamps in Arrow. Hive keeps nine digits of the second's fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampUnit {
    /// Every year Hive knows. A timestamp with a finer fraction is an error, not cut.
    #[default]
    Microsecond,
    /// The whole fraction, for the years 1677 to 2262. A timestamp outside them is an error.
    Nanosecond,
}

impl Config {
    /// Connects to one server by SASL PLAIN without TLS, as `anonymous`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            hosts: vec![Host::new(host, port)],
            transport: Transport::default(),
            tls: None,
            #[cfg(feature = "kerberos")]
            kerberos: None,
            user: "anonymous".to_owned(),
            password: String::new(),
            database: None,
            settings: BTreeMap::new(),
            connect_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(600),
            max_message_bytes: 256 << 20,
            target_batch_bytes: 8 << 20,
            timestamp_unit: TimestampUnit::default(),
        }
    }

    /// Adds a server that is tried when those before it cannot be reached.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>, port: u16) -> Self {
        self.hosts.push(Host::new(host, port));
        self
    }

    /// Sets how messages travel.
    #[must_use]
    pub fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Encrypts the connection.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Logs in with Kerberos instead of user and password, over TCP with SASL or over HTTP.
    ///
    /// Not possible with [`Transport::NoSasl`]. Needs the feature `kerberos`.
    #[cfg(feature = "kerberos")]
    #[must_use]
    pub fn with_kerberos(mut self, kerberos: hive_thrift::Kerberos) -> Self {
        self.kerberos = Some(kerberos);
        self
    }

    /// Sets the user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Sets the password. It is never shown; without TLS it crosses the network in the clear.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = password.into();
        self
    }

    /// Sets the database that names without one belong to.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Sets a Hive configuration property for the session.
    #[must_use]
    pub fn with_setting(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(key.into(), value.into());
        self
    }

    /// Limits the time for the connection, TLS and the login at one server (default 30 s).
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits the time for one answer (default 10 min).
    ///
    /// A statement may run for longer, since its state is asked for again and again. But its compilation, with
    /// the wait for the metastore, is one call.
    #[must_use]
    pub fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Limits the length of one message (default 256 MiB). A longer one is refused before it is read.
    #[must_use]
    pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        // The protocol cannot tell longer ones.
        self.max_message_bytes = bytes.min(i32::MAX as usize);
        self
    }

    /// Sets how large a batch of rows should be on the wire (default 8 MiB).
    ///
    /// The number of rows that is asked for follows the size of those that came. The server has a limit of its own,
    /// 10,000 rows by default.
    #[must_use]
    pub fn with_target_batch_bytes(mut self, bytes: usize) -> Self {
        self.target_batch_bytes = bytes;
        self
    }

    /// Sets the unit of timestamps in results.
    #[must_use]
    pub fn with_timestamp_unit(mut self, unit: TimestampUnit) -> Self {
        self.timestamp_unit = unit;
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Settings can hold secrets too, so only their names are shown.
        let mut debug = f.debug_struct("Config");
        #[cfg(feature = "kerberos")]
        debug.field("kerberos", &self.kerberos);
        debug
            .field("hosts", &self.hosts)
            .field("transport", &self.transport)
            .field("tls", &self.tls)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("settings", &self.settings.keys())
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("max_message_bytes", &self.max_message_bytes)
            .field("target_batch_bytes", &self.target_batch_bytes)
            .field("timestamp_unit", &self.timestamp_unit)
            .finish_non_exhaustive()
    }
}
