//! The certificate of the engine's own, for mutual TLS.

use std::path::PathBuf;

use hiveserver2::Tls;
use publish_core::{Error, ErrorKind, Result};
use serde::Deserialize;

/// A certificate and its key, which HiveServer2 or a gateway before it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HiveClientCertificate {
    /// PEM file of the certificate, with those that vouch for it behind it.
    pub file: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
}

impl HiveClientCertificate {
    /// The same checks of the server, with this certificate shown to it.
    pub(super) fn shown_by(&self, tls: Tls) -> Result<Tls> {
        tls.with_client_files(&self.file, &self.key).map_err(|error| {
            let message = "The setting `client_certificate` can't be used; correct it";
            Error::new(ErrorKind::InvalidRequest, message).with_source(error)
        })
    }
}
