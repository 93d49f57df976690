//! What a connection's settings say.

use std::path::PathBuf;
use std::time::Duration;

use publish_core::{Error, ErrorKind, Location, Result, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ClusterLogin, CopyAuthorization, Login, WorkgroupLogin};

/// Longest host, database, schema and user name in bytes.
const MAX_NAME: usize = 127;

/// How the connection is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SslMode {
    /// TLS with a certificate of the host's name, from an authority that the system trusts.
    #[default]
    VerifyFull,
    /// TLS with a certificate of the host's name, from an authority in this PEM file.
    CaFile(PathBuf),
    /// TLS with the one certificate of this SHA-256 fingerprint, whatever name it has.
    Pinned(String),
    /// Not at all: for tests and tunnels.
    Disable,
}

/// What is done with times that have nanoseconds. The service keeps microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NanosecondMode {
    /// A column of them is refused by name.
    #[default]
    Refuse,
    /// They are loaded, and the service rounds them to microseconds; the plan's notes say so.
    Round,
}

/// What lists, structs and maps become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NestedMode {
    /// `SUPER`.
    #[default]
    Super,
    /// `VARCHAR(65535)` with JSON text.
    Varchar,
}

/// The settings of a Redshift connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedshiftConfig {
    /// Host of the cluster or workgroup.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// By what right sessions are opened.
    pub login: Login,
    /// How they are encrypted.
    pub ssl_mode: SslMode,
    /// By what right COPY reads. Needed as soon as rows are loaded.
    pub copy: Option<CopyAuthorization>,
    /// Region of the buckets, where it is not the cluster's own. Text formats only.
    pub region: Option<String>,
    /// The storage connection that reads the results, for the host that resolves it.
    pub storage: Option<String>,
    /// Folder for manifests and staged files. `_publish_staging` in the results' bucket unless given.
    pub staging: Option<Location>,
    /// Folder on S3 to which results from elsewhere are brought first. Such results are refused unless it is given.
    pub stage_from_anywhere: Option<Location>,
    /// Schema of the journal.
    pub journal_schema: String,
    /// What is done with nanoseconds.
    pub nanoseconds: NanosecondMode,
    /// What nested values become.
    pub nested: NestedMode,
    /// Seconds after which an engine that does not renew its lease counts as dead. It renews it every ten seconds.
    pub lease_seconds: u32,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
}

/// The settings as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    host: String,
    port: Option<u16>,
    database: String,
    user: Option<String>,
    password: Option<Secret>,
    iam_cluster: Option<ClusterLogin>,
    iam_workgroup: Option<WorkgroupLogin>,
    sslmode: Option<String>,
    ca_file: Option<PathBuf>,
    pinned_certificate: Option<String>,
    iam_role: Option<OneOrMany>,
    access_key_id: Option<Secret>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    region: Option<String>,
    storage: Option<String>,
    staging: Option<Location>,
    stage_from_anywhere: Option<Location>,
    journal_schema: Option<String>,
    #[serde(default)]
    nanoseconds: NanosecondMode,
    #[serde(default)]
    nested: NestedMode,
    lease_seconds: Option<u32>,
    connect_timeout_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl RedshiftConfig {
    /// The port unless another is given.
    pub const PORT: u16 = 5439;

    /// Seconds for which a lease is good unless another time is given.
    pub const LEASE_SECONDS: u32 = 60;

    /// The journal's schema unless another is given.
    pub const JOURNAL_SCHEMA: &str = "publish";

    /// Connects to `database` on `host` by `login`, with the default for everything else.
    pub fn new(host: impl Into<String>, database: impl Into<String>, login: Login) -> Self {
        Self {
            host: host.into(),
            port: Self::PORT,
            database: database.into(),
            login,
            ssl_mode: SslMode::default(),
            copy: None,
            region: None,
            storage: None,
            staging: None,
            stage_from_anywhere: None,
            journal_schema: Self::JOURNAL_SCHEMA.to_owned(),
            nanoseconds: NanosecondMode::default(),
            nested: NestedMode::default(),
            lease_seconds: Self::LEASE_SECONDS,
            connect_timeout: Duration::from_secs(30),
        }
    }

    /// Reads a connection's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names a missing, unknown or wrong setting.
    pub fn from_settings(settings: &Map<String, Value>) -> Result<Self> {
        let read = Settings::deserialize(Value::Object(settings.clone())).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "A setting of the redshift connection is missing, unknown or wrong; correct it",
            )
            .with_context("setting", &error)
            .with_source(error)
        })?;
        read.checked()
    }
}

impl Settings {
    fn checked(self) -> Result<RedshiftConfig> {
        let roles = self.iam_role.map(|roles| match roles {
            OneOrMany::One(role) => vec![role],
            OneOrMany::Many(roles) => roles,
        });
        let login = Login::read(self.user, self.password, self.iam_cluster, self.iam_workgroup)?;
        let copy =
            CopyAuthorization::read(roles, self.access_key_id, self.secret_access_key, self.session_token)?;
        let journal_schema = self
            .journal_schema
            .unwrap_or_else(|| RedshiftConfig::JOURNAL_SCHEMA.to_owned())
            .to_ascii_lowercase();
        check_name("journal_schema", &journal_schema)?;
        check_name("database", &self.database)?;
        check_name("host", &self.host)?;
        let staging = check_folder("staging", self.staging)?;
        let stage_from_anywhere = check_folder("stage_from_anywhere", self.stage_from_anywhere)?;
        Ok(RedshiftConfig {
            port: self.port.unwrap_or(RedshiftConfig::PORT),
            ssl_mode: ssl_mode(self.sslmode.as_deref(), self.ca_file, self.pinned_certificate)?,
            copy,
            region: check_region(self.region)?,
            storage: self.storage,
            staging,
            stage_from_anywhere,
            journal_schema,
            nanoseconds: self.nanoseconds,
            nested: self.nested,
            lease_seconds: check_lease(self.lease_seconds)?,
            connect_timeout: Duration::from_secs(self.connect_timeout_seconds.unwrap_or(30).clamp(1, 600)),
            ..RedshiftConfig::new(self.host, self.database, login)
        })
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

fn check_name(setting: &'static str, name: &str) -> Result<()> {
    let is_legal =
        !name.is_empty() && name.len() <= MAX_NAME && !name.contains(|c: char| c.is_control() || c == '\\');
    if is_legal {
        return Ok(());
    }
    Err(invalid(format!("The setting `{setting}` is 1 to 127 bytes without control characters; correct it"))
        .with_context("value", name))
}

/// COPY's statement holds the folder as a text: what could end that text, or means another one to the service, is
/// refused here.
fn check_folder(setting: &'static str, folder: Option<Location>) -> Result<Option<Location>> {
    let Some(at) = &folder else { return Ok(None) };
    let is_legal = at.scheme() == "s3"
        && !at.authority().is_empty()
        && !at
            .as_str()
            .contains(|c: char| c.is_control() || matches!(c, '\'' | '"' | '\\' | '*' | '?' | '[' | '{'));
    if is_legal {
        return Ok(folder);
    }
    Err(invalid(format!("The setting `{setting}` is a folder such as s3://bucket/prefix; correct it"))
        .with_context("value", at))
}

fn check_lease(seconds: Option<u32>) -> Result<u32> {
    match seconds.unwrap_or(RedshiftConfig::LEASE_SECONDS) {
        seconds @ 12..=3600 => Ok(seconds),
        seconds => {
            Err(invalid("The setting `lease_seconds` is 12 to 3600; correct it")
                .with_context("value", seconds))
        }
    }
}

fn check_region(region: Option<String>) -> Result<Option<String>> {
    let is_legal = |region: &String| {
        !region.is_empty() && region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match region {
        Some(region) if !is_legal(&region) => {
            Err(invalid("The setting `region` is a name such as eu-west-1; correct it")
                .with_context("value", region))
        }
        region => Ok(region),
    }
}

fn ssl_mode(word: Option<&str>, ca_file: Option<PathBuf>, pinned: Option<String>) -> Result<SslMode> {
    match (word, ca_file, pinned) {
        (_, Some(_), Some(_)) => {
            Err(invalid("A server is trusted by `ca_file` or by `pinned_certificate`; leave one of them out"))
        }
        (None | Some("verify-full"), None, None) => Ok(SslMode::VerifyFull),
        (None | Some("verify-full"), Some(file), None) => Ok(SslMode::CaFile(file)),
        (None | Some("verify-full"), None, Some(fingerprint)) => Ok(SslMode::Pinned(fingerprint)),
        (Some("disable"), None, None) => Ok(SslMode::Disable),
        (Some("disable"), ..) => Err(invalid("Without TLS no certificate is checked; leave the certificate out")),
        (Some(other), ..) => Err(invalid(
            "The setting `sslmode` is verify-full or disable: whatever encrypts without checking the server protects \
             from nobody; give `ca_file` or `pinned_certificate` for a certificate that the system does not trust",
        )
        .with_context("sslmode", other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "shorter where it is called")]
    fn read(settings: Value) -> Result<RedshiftConfig> {
        let mut all = json!({"host": "h", "database": "dev", "user": "u", "password": "canary-password"});
        for (name, value) in settings.as_object().unwrap() {
            all[name] = value.clone();
        }
        let all: Map<String, Value> = all
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        RedshiftConfig::from_settings(&all)
    }

    #[test]
    fn the_least_settings_are_host_database_and_a_login() {
        let config = read(json!({})).unwrap();
        assert_eq!((config.port, config.journal_schema.as_str()), (5439, "publish"));
        assert_eq!((config.ssl_mode, config.copy), (SslMode::VerifyFull, None));
        let by_iam =
            json!({"user": null, "password": null, "iam_cluster": {"cluster": "c", "db_groups": ["g"]}});
        assert!(matches!(read(by_iam).unwrap().login, Login::Cluster(_)));
        let by_iam = json!({"user": null, "password": null, "iam_workgroup": {"workgroup": "w"}});
        assert!(matches!(read(by_iam).unwrap().login, Login::Workgroup(_)));
    }

    #[test]
    fn every_setting_is_read() {
        let config = read(json!({
            "port": 5555, "sslmode": "verify-full", "ca_file": "/ca.pem", "iam_role": ["arn:a:b", "arn:c:d"],
            "region": "eu-west-1", "storage": "lake", "staging": "s3://b/tmp", "stage_from_anywhere": "s3://b/any",
            "journal_schema": "Ops", "nanoseconds": "round", "nested": "varchar", "connect_timeout_seconds": 5,
        }))
        .unwrap();
        assert_eq!(config.ssl_mode, SslMode::CaFile("/ca.pem".into()));
        assert_eq!(config.copy, Some(CopyAuthorization::Roles(vec!["arn:a:b".into(), "arn:c:d".into()])));
        assert_eq!((config.region.as_deref(), config.storage.as_deref()), (Some("eu-west-1"), Some("lake")));
        assert_eq!(config.staging.unwrap().as_str(), "s3://b/tmp");
        assert_eq!(config.stage_from_anywhere.unwrap().as_str(), "s3://b/any");
        assert_eq!((config.journal_schema.as_str(), config.connect_timeout), ("ops", Duration::from_secs(5)));
        assert_eq!((config.nanoseconds, config.nested), (NanosecondMode::Round, NestedMode::Varchar));
    }

    #[test]
    fn a_wrong_setting_is_named_and_no_secret_is_told() {
        for (settings, named) in [
            (json!({"host": null}), "host"),
            (json!({"hots": "h"}), "hots"),
            (json!({"port": "x"}), "u16"),
            (json!({"password": null}), "password"),
            (json!({"user": null}), "user"),
            (json!({"iam_cluster": {"cluster": "c"}}), "iam_cluster"),
            (json!({"user": null, "password": null, "iam_cluster": {}}), "cluster"),
            (json!({"user": null, "password": null, "iam_cluster": {"clutser": "c"}}), "clutser"),
            (json!({"sslmode": "require"}), "verify-full"),
            (json!({"sslmode": "disable", "ca_file": "/x"}), "TLS"),
            (json!({"ca_file": "/x", "pinned_certificate": "00"}), "ca_file"),
            (json!({"iam_role": "admin"}), "iam_role"),
            (json!({"access_key_id": "a"}), "secret_access_key"),
            (json!({"region": "EU'"}), "region"),
            (json!({"staging": "file:///x"}), "staging"),
            (json!({"staging": "s3://b/it's"}), "staging"),
            (json!({"stage_from_anywhere": "hdfs://x/y"}), "stage_from_anywhere"),
            (json!({"nanoseconds": "cut"}), "cut"),
            (json!({"nested": "json"}), "json"),
            (json!({"journal_schema": ""}), "journal_schema"),
        ] {
            let error = read(settings).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains(named), "{named}: {error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn the_debug_text_of_settings_has_no_secret() {
        assert!(
            !format!("{:?}", read(json!({"access_key_id": "canary", "secret_access_key": "canary"})))
                .contains("canary")
        );
    }
}
