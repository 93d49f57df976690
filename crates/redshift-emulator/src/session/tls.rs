//! Encryption of a client's connection.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::StartError;

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug> Stream for S {}

/// What connections are encrypted with.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    /// Whether sessions without encryption are refused.
    pub(crate) is_required: bool,
}

impl Tls {
    /// Reads a chain of certificates and its key, both as PEM.
    pub(crate) fn new(certificates: &str, key: &str, is_required: bool) -> Result<Self, StartError> {
        let failed = || StartError::new("The certificate or its key can't be read");
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed().with_source(error))?;
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| failed().with_source(error))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| failed().with_source(error))?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), is_required })
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.acceptor.accept(stream).await?))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("is_required", &self.is_required).finish_non_exhaustive()
    }
}
