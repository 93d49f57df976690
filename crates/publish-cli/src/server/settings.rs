//! The table `[server]`.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use publish_core::{Error, ErrorKind, Result, Secret};
use publish_server::{JobSettings, Limits, PostgresConfig, TlsFiles};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Where a server listens unless it is said: this machine alone can reach it.
const LISTEN: &str = "127.0.0.1:8080";

/// Requests of one caller in a second unless it is said.
const RATE: u32 = 500;

/// How the server is run. What is left out has its default.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerSettings {
    /// Address and port.
    pub(crate) listen: String,
    /// A file of SQLite, or the address of a PostgreSQL, `postgres://..`.
    pub(crate) store: Secret,
    /// The authorities to trust for that PostgreSQL, a PEM file.
    store_ca_file: Option<PathBuf>,
    /// The keys that credentials are sealed with: the first one seals, the others only open.
    pub(crate) keys: Vec<Secret>,
    /// The file with the key, made at the first start, where no keys are given.
    pub(crate) key_file: PathBuf,
    /// Folders that results may be read from.
    pub(crate) locations: Vec<String>,
    /// Certificate, a PEM file.
    certificate: Option<PathBuf>,
    /// Its key, a PEM file.
    certificate_key: Option<PathBuf>,
    /// Jobs that run side by side.
    workers: Option<usize>,
    /// Seconds without a sign of life after which a server counts as dead, and its jobs are taken over by another.
    lease_seconds: Option<u64>,
    /// Requests of one caller in a second; 0 sets no limit.
    rate: u32,
    limits: LimitSettings,
}

/// The table `[server.limits]`. Times are in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LimitSettings {
    body_bytes: Option<usize>,
    header_seconds: Option<u64>,
    body_seconds: Option<u64>,
    request_seconds: Option<u64>,
    write_seconds: Option<u64>,
    queue_seconds: Option<u64>,
    stop_seconds: Option<u64>,
    connections: Option<usize>,
    concurrency: Option<usize>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: LISTEN.to_owned(),
            store: Secret::new("publish-server.sqlite"),
            store_ca_file: None,
            keys: Vec::new(),
            key_file: PathBuf::from("publish-server.key"),
            locations: Vec::new(),
            certificate: None,
            certificate_key: None,
            workers: None,
            lease_seconds: None,
            rate: RATE,
            limits: LimitSettings::default(),
        }
    }
}

impl ServerSettings {
    /// Reads the table. Its secrets are read from their variables and files now.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the setting.
    pub(crate) fn read(table: Map<String, Value>) -> Result<Self> {
        serde_json::from_value(Value::Object(table)).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, format!("The settings are not right: {error}"))
                .with_context("table", "server")
        })
    }

    /// The certificate's files, where there are any.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if one of them is missing.
    pub(crate) fn tls(&self) -> Result<Option<TlsFiles>> {
        match (&self.certificate, &self.certificate_key) {
            (Some(certificate), Some(key)) => {
                Ok(Some(TlsFiles { certificate: certificate.clone(), key: key.clone() }))
            }
            (None, None) => Ok(None),
            _ => Err(Error::new(
                ErrorKind::InvalidRequest,
                "A certificate needs its key and a key its certificate; set certificate and certificate_key",
            )
            .with_context("table", "server")),
        }
    }

    /// How the store is reached where it is a PostgreSQL.
    pub(crate) fn postgres(&self) -> PostgresConfig {
        let config = PostgresConfig::new(self.store.clone());
        match &self.store_ca_file {
            Some(file) => config.with_ca_file(file),
            None => config,
        }
    }

    /// Requests of one caller in a second.
    pub(crate) fn rate(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.rate)
    }

    /// Sizes, times and numbers of requests.
    pub(crate) fn limits(&self) -> Limits {
        let (set, mut limits) = (&self.limits, Limits::default());
        set_to(&mut limits.body_bytes, set.body_bytes);
        set_to(&mut limits.connections, set.connections);
        set_to(&mut limits.concurrency, set.concurrency);
        set_to(&mut limits.header_time, set.header_seconds.map(Duration::from_secs));
        set_to(&mut limits.body_time, set.body_seconds.map(Duration::from_secs));
        set_to(&mut limits.request_time, set.request_seconds.map(Duration::from_secs));
        set_to(&mut limits.write_time, set.write_seconds.map(Duration::from_secs));
        set_to(&mut limits.queue_time, set.queue_seconds.map(Duration::from_secs));
        set_to(&mut limits.stop_time, set.stop_seconds.map(Duration::from_secs));
        limits
    }

    /// Times and numbers of jobs.
    pub(crate) fn jobs(&self) -> JobSettings {
        let mut jobs = JobSettings::default();
        set_to(&mut jobs.workers, self.workers);
        if let Some(seconds) = self.lease_seconds {
            jobs.lease = Duration::from_secs(seconds.max(1));
            // Four signs may be lost before a server counts as dead.
            jobs.beat = jobs.lease / 5;
        }
        set_to(&mut jobs.stop_time, self.limits.stop_seconds.map(Duration::from_secs));
        jobs
    }
}

fn set_to<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ServerSettings> {
        ServerSettings::read(toml::from_str(text).unwrap())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let settings = read("").unwrap();
        assert_eq!(settings.listen, LISTEN);
        assert_eq!(settings.limits(), Limits::default());
        assert!(settings.tls().unwrap().is_none() && settings.locations.is_empty());
        let settings =
            read("listen = \"[::1]:1\"\nrate = 0\n[limits]\nbody_bytes = 7\nstop_seconds = 3\n").unwrap();
        assert_eq!(settings.limits().body_bytes, 7);
        assert_eq!(settings.limits().stop_time, Duration::from_secs(3));
        assert_eq!(settings.jobs().stop_time, Duration::from_secs(3));
        assert_eq!(settings.rate(), None);
    }

    #[test]
    fn a_mistake_is_named_and_no_secret_is_shown() {
        let error = read("store = \"hunter2\"\nlisten = 7\n").unwrap_err().to_string();
        assert!(error.contains("server") && !error.contains("hunter2"), "{error}");
        assert!(read("port = 1\n").unwrap_err().to_string().contains("port"));
        assert!(read("certificate = \"x\"\n").unwrap().tls().is_err());
        let error = read("keys = [{ env = \"PUBLISH_NO_SUCH_KEY\" }]\n").unwrap_err().to_string();
        assert!(error.contains("PUBLISH_NO_SUCH_KEY"), "{error}");
    }
}
