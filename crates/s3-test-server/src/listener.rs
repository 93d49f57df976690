//! Connections, plain or by TLS.

use std::io;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Tls;
use crate::gate::Gate;

/// Serves connections until the runtime stops.
pub(crate) async fn serve(listener: TcpListener, gate: Arc<Gate>, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small answers must not wait for the next one.
        let _ = stream.set_nodelay(true);
        let (gate, tls) = (Arc::clone(&gate), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => talk(stream, gate).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, gate).await,
                    Err(error) => tracing::debug!(%error, "a caller could not agree on TLS"),
                },
            }
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, gate: Arc<Gate>) {
    let service = service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move { gate.answer(request).await }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Takes a certificate and its key for the server's side of TLS.
pub(crate) fn acceptor(tls: &Tls) -> io::Result<TlsAcceptor> {
    let invalid =
        |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
    let certificates = CertificateDer::pem_slice_iter(tls.certificates.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(&error))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key.as_bytes()).map_err(|error| invalid(&error))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| invalid(&error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
