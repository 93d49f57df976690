//! The metastore beside HiveServer2, where the connection names one: it changes columns, location and properties of a table
//! in one transaction, and only if nobody did so meanwhile.

mod error;
mod swap;

pub(crate) use error::metastore_error;
pub(crate) use swap::{Swap, comparable, fence, read, swap, version};

use std::time::Duration;

use hive_metastore::{Config, Metastore};
use publish_core::{Error, ErrorKind, Result, Retry};

use crate::config::HiveConfig;

/// Time for a call. On a database that can't compare, the metastore takes 20 s to say so.
const CALL_TIME: Duration = Duration::from_secs(60);

/// Lets columns of another type stand where others stood. It holds for one connection, not for the metastore.
const INCOMPATIBLE_TYPES: (&str, &str) = ("metastore.disallow.incompatible.col.type.changes", "false");

impl HiveConfig {
    /// The client's configuration, if a metastore is named.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the setting is no list of addresses, or a certificate can't be read.
    pub(crate) fn metastore_client(&self) -> Result<Option<Config>> {
        let Some(uris) = &self.metastore else { return Ok(None) };
        let config = Config::from_uris(uris).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "A metastore is named as thrift://host:port, several with commas between; correct the setting",
            )
            .with_context("setting", "metastore")
            .with_source(error)
        })?;
        let mut config = config.with_call_timeout(CALL_TIME);
        if let Some(tls) = &self.metastore_tls {
            config = config.with_tls(tls.client("metastore_tls")?);
        }
        #[cfg(feature = "kerberos")]
        if self.auth == crate::config::HiveAuth::Kerberos {
            return Ok(Some(config.with_kerberos(self.kerberos.metastore())));
        }
        Ok(Some(match &self.user {
            Some(user) => config.with_user(user),
            None => config,
        }))
    }
}

/// Connects. Nothing was asked yet, so whatever fails may be tried again.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the connection names no metastore.
pub(crate) async fn connect(config: &HiveConfig) -> Result<Metastore> {
    let client = config.metastore_client()?.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRequest,
            "The plan was made with a metastore, and the connection names none any more; set `metastore` again",
        )
    })?;
    let connected = async {
        let mut metastore = Metastore::connect(&client).await?;
        let (key, value) = INCOMPATIBLE_TYPES;
        metastore.set_conf(key, value).await?;
        Ok(metastore)
    };
    connected.await.map_err(|error| {
        let error = metastore_error(error);
        if error.retry() == Retry::InDoubt { error.with_retry(Retry::Safe) } else { error }
    })
}
