//! What can be set.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use publish_core::{Error, ErrorKind, Location, Result, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AppendFiles, HiveClientCertificate, HiveKerberos, Statistics};

/// How messages travel to HiveServer2: `hive.server2.transport.mode`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HiveTransport {
    /// TCP.
    #[default]
    Binary,
    /// HTTP, see [`HiveConfig::http_path`].
    Http,
}

/// How the user is made known: `hive.server2.authentication`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HiveAuth {
    /// The user's name alone (`NONE`).
    #[default]
    None,
    /// Nothing at all, without SASL (`NOSASL`).
    NoSasl,
    /// User and password (`LDAP`, `PAM`, `CUSTOM`).
    Ldap,
    /// Kerberos (`KERBEROS`), see [`HiveConfig::kerberos`]. Needs the feature `kerberos`.
    Kerberos,
}

/// How the server's certificate is checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum HiveTls {
    /// By the authorities that the operating system trusts.
    System,
    /// By the authorities in this PEM file.
    CaFile(PathBuf),
    /// By the SHA-256 fingerprint of the certificate.
    Pinned(String),
}

/// Which kind of table is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NewTableKind {
    /// External, and `DROP` deletes its files.
    #[default]
    External,
    /// Managed, with insert-only transactions.
    InsertOnly,
}

/// Which files a new table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FileLayout {
    /// Those of the results, where Hive reads them right, else Parquet.
    #[default]
    Auto,
    /// Parquet.
    Parquet,
    /// Avro.
    Avro,
}

/// What stands under the name that readers use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Front {
    /// The table itself.
    #[default]
    Table,
    /// A view over one table a version.
    View,
}

/// The settings of a Hive target.
///
/// ```
/// use target_hive::HiveConfig;
///
/// let settings = serde_json::json!({
///     "hosts": ["hive-1.example.com:10000", "hive-2.example.com:10000"],
///     "staging": "hdfs://nn/publish",
///     "user": "etl",
/// });
/// let config = HiveConfig::from_settings(settings.as_object().unwrap())?;
/// assert_eq!(config.grace_seconds, 3600);
/// # Ok::<(), publish_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HiveConfig {
    /// HiveServer2s as `host:port`, tried in this order.
    pub hosts: Vec<String>,
    /// Folder, on the filesystem of the tables, of the journal and of staged files. Never a folder of a table.
    pub staging: Location,
    /// Folder of new external tables: `<warehouse>/<database>.db/<table>.pub_<run>_<attempt>`. `<staging>/warehouse`
    /// unless set.
    #[serde(default)]
    pub warehouse: Option<Location>,
    /// Database of a request without a path.
    #[serde(default = "default_database")]
    pub database: String,
    /// How messages travel.
    #[serde(default)]
    pub transport: HiveTransport,
    /// Path of the endpoint over HTTP.
    #[serde(default = "default_http_path")]
    pub http_path: String,
    /// How the user is made known.
    #[serde(default)]
    pub auth: HiveAuth,
    /// The user.
    #[serde(default)]
    pub user: Option<String>,
    /// The password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Who the servers are for Kerberos.
    #[serde(default)]
    pub kerberos: HiveKerberos,
    /// How the server's certificate is checked. Without it nothing is encrypted.
    #[serde(default)]
    pub tls: Option<HiveTls>,
    /// The certificate of the engine's own, for servers and gateways that ask for one. Needs `tls`.
    #[serde(default)]
    pub client_certificate: Option<HiveClientCertificate>,
    /// Properties of Hive that are set for each session, such as `tez.queue.name`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Which kind of table is made.
    #[serde(default)]
    pub table_kind: NewTableKind,
    /// Which files a new table has.
    #[serde(default)]
    pub file_format: FileLayout,
    /// What stands under the name that readers use.
    #[serde(default)]
    pub front: Front,
    /// The metastore as `thrift://host:9083`: columns and rows are then replaced in one transaction of it.
    #[serde(default)]
    pub metastore: Option<String>,
    /// How the metastore's certificate is checked (`metastore.use.SSL`). Without it nothing is encrypted.
    #[serde(default)]
    pub metastore_tls: Option<HiveTls>,
    /// Databases whose tables may have files in a directory that a publish made. They are looked through before such a
    /// directory is deleted, and with them always the database of the table. All databases unless set.
    #[serde(default)]
    pub reference_databases: Vec<String>,
    /// Whether the time zone of everything that reads files is UTC: the servers and the tasks of their jobs. In another one
    /// Hive shifts timestamps of Avro files, which are then encoded anew. The server is asked for its own unless set.
    #[serde(default)]
    pub server_zone_utc: Option<bool>,
    /// Whether readers take dates of files without a note of their writer to be Gregorian before 1582, too:
    /// `hive.parquet.date.proleptic.gregorian.default` and `hive.avro.proleptic.gregorian.default`. Files with dates are
    /// encoded anew otherwise. The server is asked unless set.
    #[serde(default)]
    pub gregorian_dates: Option<bool>,
    /// When statistics of tables are brought up to date.
    #[serde(default)]
    pub statistics: Statistics,
    /// Whether result files that go into a table as they are, on its filesystem, are moved there instead of copied.
    #[serde(default)]
    pub consume_results: bool,
    /// How many files an append makes of the results.
    #[serde(default)]
    pub append_files: AppendFiles,
    /// Bytes of Avro or Parquet results above which Hive converts them itself into the format of the table.
    #[serde(default = "default_restage_limit")]
    pub restage_limit: u64,
    /// Seconds for which files that a replace took out of a table are kept for their readers.
    #[serde(default = "default_grace")]
    pub grace_seconds: u64,
    /// Seconds after which an engine that does not renew its lease counts as dead. It renews it every ten seconds.
    #[serde(default = "default_lease")]
    pub lease_seconds: u64,
    /// Seconds that the statement of a commit may take. After a lost answer nobody can tell sooner than that whether it
    /// took effect.
    #[serde(default = "default_commit")]
    pub commit_seconds: u64,
}

impl HiveConfig {
    /// Uses this server and this staging folder, and the default for everything else.
    pub fn new(host: impl Into<String>, staging: Location) -> Self {
        Self {
            hosts: vec![host.into()],
            staging,
            warehouse: None,
            database: default_database(),
            transport: HiveTransport::default(),
            http_path: default_http_path(),
            auth: HiveAuth::default(),
            user: None,
            password: None,
            kerberos: HiveKerberos::default(),
            tls: None,
            client_certificate: None,
            settings: BTreeMap::new(),
            table_kind: NewTableKind::default(),
            file_format: FileLayout::default(),
            front: Front::default(),
            metastore: None,
            metastore_tls: None,
            reference_databases: Vec::new(),
            server_zone_utc: None,
            gregorian_dates: None,
            statistics: Statistics::default(),
            consume_results: false,
            append_files: AppendFiles::default(),
            restage_limit: default_restage_limit(),
            grace_seconds: default_grace(),
            lease_seconds: default_lease(),
            commit_seconds: default_commit(),
        }
    }

    /// Reads a connection's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names a missing, unknown or wrong setting.
    pub fn from_settings(settings: &Map<String, Value>) -> Result<Self> {
        let config = Self::deserialize(Value::Object(settings.clone())).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "A setting of the hive connection is not right; correct it. A connection has at least `hosts`, a list \
                 of host:port, and `staging`, a folder such as hdfs://nn/publish",
            )
            .with_context("setting", &error)
            .with_source(error)
        })?;
        config.check()?;
        Ok(config)
    }

    /// Folder of new external tables.
    ///
    /// # Errors
    /// As [`Location::parse`].
    pub fn warehouse(&self) -> Result<Location> {
        self.warehouse.clone().map_or_else(|| self.staging.join("warehouse"), Ok)
    }

    /// Time that the statement of a commit may take.
    pub fn commit_time(&self) -> Duration {
        Duration::from_secs(self.commit_seconds)
    }

    /// Time for which files that a replace took out of a table are kept.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds)
    }

    /// Refuses settings that contradict each other.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |setting: &'static str, message: &str| {
            Err(Error::new(ErrorKind::InvalidRequest, message).with_context("setting", setting))
        };
        if self.hosts.is_empty() {
            return wrong("hosts", "Name at least one HiveServer2 as host:port");
        }
        if self.auth == HiveAuth::Kerberos {
            self.kerberos.check()?;
        }
        if self.auth == HiveAuth::Ldap && (self.user.is_none() || self.password.is_none()) {
            return wrong("auth", "With auth ldap the connection needs `user` and `password`");
        }
        if self.auth == HiveAuth::NoSasl && self.transport == HiveTransport::Http {
            return wrong("auth", "Over HTTP there is no nosasl; leave `auth` out");
        }
        if self.client_certificate.is_some() && self.tls.is_none() {
            return wrong("client_certificate", "A certificate is shown over TLS only; set `tls` too");
        }
        if !(5..=60).contains(&self.commit_seconds) {
            return wrong("commit_seconds", "The statement of a commit gets 5 to 60 seconds");
        }
        if !(12..=3600).contains(&self.lease_seconds) {
            return wrong("lease_seconds", "A lease lasts 12 to 3600 seconds");
        }
        if self.metastore_tls.is_some() && self.metastore.is_none() {
            return wrong("metastore_tls", "There is no metastore to encrypt; name it in `metastore` too");
        }
        for database in &self.reference_databases {
            crate::table::checked_name("reference_databases", database)?;
        }
        crate::table::checked_name("database", &self.database)?;
        Ok(())
    }
}

fn default_database() -> String {
    "default".to_owned()
}

fn default_http_path() -> String {
    "cliservice".to_owned()
}

fn default_restage_limit() -> u64 {
    10 * 1024 * 1024 * 1024
}

fn default_grace() -> u64 {
    3600
}

fn default_lease() -> u64 {
    60
}

fn default_commit() -> u64 {
    30
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &Value) -> Result<HiveConfig> {
        HiveConfig::from_settings(settings.as_object().unwrap())
    }

    #[test]
    fn a_connection_needs_a_server_and_a_staging_folder() {
        let config = read(&json!({"hosts": ["h:10000"], "staging": "hdfs://nn/publish"})).unwrap();
        assert_eq!(config, HiveConfig::new("h:10000", Location::parse("hdfs://nn/publish").unwrap()));
        assert_eq!(config.warehouse().unwrap().as_str(), "hdfs://nn/publish/warehouse");
    }

    #[test]
    fn every_setting_can_be_set() {
        let config = read(&json!({
            "hosts": ["a:1", "b:2"], "staging": "hdfs://nn/p", "warehouse": "hdfs://nn/w", "database": "sales",
            "transport": "http", "http_path": "gateway/hive", "auth": "ldap", "user": "u", "password": "x",
            "tls": {"caFile": "/ca.pem"}, "settings": {"tez.queue.name": "q"}, "table_kind": "insertOnly",
            "file_format": "avro", "front": "view", "metastore": "thrift://m:9083",
            "metastore_tls": "system", "reference_databases": ["sales", "archive"],
            "server_zone_utc": true, "gregorian_dates": true, "grace_seconds": 0, "commit_seconds": 60,
            "lease_seconds": 30, "statistics": "always", "consume_results": true, "append_files": "many",
            "restage_limit": 1,
        }))
        .unwrap();
        assert_eq!(config.tls, Some(HiveTls::CaFile("/ca.pem".into())));
        assert_eq!((config.table_kind, config.front), (NewTableKind::InsertOnly, Front::View));
        assert!(!format!("{config:?}").contains("\"x\""));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let base = json!({"hosts": ["h:1"], "staging": "hdfs://nn/p"});
        for (key, value, named) in [
            ("hots", json!([]), "hots"),
            ("hosts", json!([]), "hosts"),
            ("staging", json!("/p"), "scheme"),
            ("auth", json!("ldap"), "auth"),
            ("auth", json!("token"), "token"),
            ("client_certificate", json!({"file": "c.pem", "key": "k.pem"}), "tls"),
            ("commit_seconds", json!(0), "commit_seconds"),
            ("lease_seconds", json!(5), "lease_seconds"),
            ("database", json!("a.b"), "a.b"),
            ("reference_databases", json!(["a.b"]), "a.b"),
            ("metastore_tls", json!("system"), "metastore"),
            ("table_kind", json!("managed"), "managed"),
        ] {
            let mut settings = base.clone();
            settings[key] = value;
            let error = read(&settings).unwrap_err();
            assert!(error.to_string().contains(named), "{named}: {error}");
        }
    }
}
