//! Asking a running server whether it is ready, for supervisors that have no client of their own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use publish_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as RustlsError, SignatureScheme,
};

use super::TlsFiles;

/// Time that the server has.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is sent. The answer ends with the connection.
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// How the answer of a server that is ready begins.
const READY: &[u8] = b"HTTP/1.1 200 ";

/// Asks the server that listens on `address` for `/readyz`. By TLS only the very certificate of `tls` is accepted, whatever
/// name it is for.
///
/// # Errors
/// [`Unavailable`](ErrorKind::Unavailable) unless it answers within four seconds that it is ready.
pub async fn check_ready(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<()> {
    let address = reachable(address);
    let not_ready = || {
        Error::new(ErrorKind::Unavailable, "The server is not ready; look at its log")
            .with_context("address", address)
    };
    let asked = async {
        let stream = TcpStream::connect(address).await?;
        match tls {
            None => ask(stream).await,
            Some(tls) => {
                let name = ServerName::from(address.ip());
                let config = pinned(tls).map_err(std::io::Error::other)?;
                ask(TlsConnector::from(Arc::new(config)).connect(name, stream).await?).await
            }
        }
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) | Err(_) => Err(not_ready()),
        Ok(Err(error)) => Err(not_ready().with_source(error)),
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<bool> {
    stream.write_all(REQUEST).await?;
    stream.flush().await?;
    let mut answer = [0; READY.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer == *READY)
}

/// The address by which a server that listens on all of them is reached from the same machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn pinned(tls: &TlsFiles) -> Result<ClientConfig> {
    let certificate = tls.certificates()?.swap_remove(0);
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Unexpected, "TLS can't be set up").with_source(error))?;
    let verifier = Pinned { certificate, provider };
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Accepts one certificate. The handshake's signature is still checked, so the server must own its key.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(RustlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
