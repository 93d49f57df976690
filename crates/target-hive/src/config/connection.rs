//! From settings to a connection of the client.

use hiveserver2::{Config, Tls, Transport};
use publish_core::{Error, ErrorKind, Result};

use super::{HiveAuth, HiveConfig, HiveTls, HiveTransport};

/// Tries to get a lock before a statement gives up. Hive waits up to a minute between two.
const LOCK_TRIES: &str = "4";

/// Longest wait between two tries.
const LOCK_SLEEP: &str = "5s";

/// How long statements wait for locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockWaits {
    /// Some seconds.
    Bounded,
    /// As the server has it, which is more than an hour by default: where it lets nobody set that.
    Servers,
}

impl HiveConfig {
    /// The client's configuration, with the properties that every session has.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a host without a port, or a certificate that can't be read.
    pub(crate) fn client(&self, waits: LockWaits) -> Result<Config> {
        let mut hosts = self.hosts.iter().map(|host| address(host));
        let Some(first) = hosts.next() else {
            return Err(Error::new(ErrorKind::InvalidRequest, "Name at least one HiveServer2 as host:port"));
        };
        let (host, port) = first?;
        let mut config = Config::new(host, port);
        for host in hosts {
            let (host, port) = host?;
            config = config.with_host(host, port);
        }
        config = config.with_transport(match (&self.transport, self.auth) {
            (HiveTransport::Http, _) => Transport::Http { path: self.http_path.clone() },
            (HiveTransport::Binary, HiveAuth::NoSasl) => Transport::NoSasl,
            (HiveTransport::Binary, _) => Transport::Plain,
        });
        if let Some(user) = &self.user {
            config = config.with_user(user);
        }
        if let Some(password) = &self.password {
            config = config.with_password(password.expose());
        }
        #[cfg(feature = "kerberos")]
        if self.auth == HiveAuth::Kerberos {
            config = config.with_kerberos(self.kerberos.server());
        }
        if let Some(tls) = &self.tls {
            let tls = tls.client("tls")?;
            config = config.with_tls(match &self.client_certificate {
                Some(certificate) => certificate.shown_by(tls)?,
                None => tls,
            });
        }
        if waits == LockWaits::Bounded {
            config = config
                .with_setting("hive.lock.numretries", LOCK_TRIES)
                .with_setting("hive.lock.sleep.between.retries", LOCK_SLEEP);
        }
        // What a caller sets comes last, and wins.
        Ok(self.settings.iter().fold(config, |config, (key, value)| config.with_setting(key, value)))
    }
}

impl HiveTls {
    /// The client's check of a server's certificate, as `setting` of the connection has it.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if a certificate can't be read or used.
    pub(crate) fn client(&self, setting: &'static str) -> Result<Tls> {
        let tls = match self {
            Self::System => Tls::with_system_roots(),
            Self::CaFile(file) => Tls::with_ca_file(file),
            Self::Pinned(fingerprint) => Tls::with_pinned_certificate(fingerprint),
        };
        tls.map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "A TLS setting of the connection can't be used; correct it")
                .with_context("setting", setting)
                .with_source(error)
        })
    }
}

fn address(host: &str) -> Result<(&str, u16)> {
    let parts = host.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    parts.filter(|(host, _)| !host.is_empty()).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRequest,
            "A HiveServer2 is named as host:port, such as hive.example.com:10000",
        )
        .with_context("hosts", host)
    })
}

#[cfg(test)]
mod tests {
    use publish_core::{Location, Secret};

    use super::*;

    #[test]
    fn a_session_has_bounded_lock_waits_and_what_the_caller_sets() {
        let mut config = HiveConfig::new("h:10000", Location::parse("hdfs://nn/p").unwrap());
        config.settings.insert("tez.queue.name".to_owned(), "q".to_owned());
        config.password = Some(Secret::new("hunter2"));
        let shown = format!("{:?}", config.client(LockWaits::Bounded).unwrap());
        assert!(shown.contains("hive.lock.numretries") && shown.contains("tez.queue.name"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_host_without_a_port_is_refused() {
        for bad in ["h", "h:", ":1", "h:x", "h:70000"] {
            let config = HiveConfig::new(bad, Location::parse("hdfs://nn/p").unwrap());
            assert_eq!(
                config.client(LockWaits::Bounded).unwrap_err().kind(),
                ErrorKind::InvalidRequest,
                "{bad}"
            );
        }
    }
}
