//! Opens the socket: TCP with keepalive, then TLS where it is asked for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::Stream;
use crate::error::{Error, ErrorKind, Result};
use crate::host::Host;
use crate::tls::Tls;

/// Connects to one server, with TLS where it is given. The caller bounds the time.
///
/// # Errors
///
/// Unavailable when there is no connection, and InvalidConfig when TLS cannot be agreed on.
pub async fn connect(host: &Host, tls: Option<&Tls>) -> Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    keep_alive(&stream).map_err(unreachable)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(host.name.clone()).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "The host's name cannot be in a certificate").with_source(error)
    })?;
    let connector = TlsConnector::from(Arc::clone(&tls.client_config()));
    let stream = connector.connect(name, stream).await.map_err(handshake_failed)?;
    Ok(Box::new(stream))
}

/// A statement can be silent for a long time; a peer that vanished must still be noticed.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

fn unreachable(source: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "The server cannot be reached; check host, port and that it runs")
        .with_source(source)
}

fn handshake_failed(source: io::Error) -> Error {
    // rustls tells its own refusals apart from a broken connection.
    if source.kind() == io::ErrorKind::InvalidData {
        let message =
            "TLS failed: check that the port speaks TLS, and that its certificate is trusted and named so";
        return Error::new(ErrorKind::InvalidConfig, message).with_source(source);
    }
    Error::new(ErrorKind::Unavailable, "The connection broke during the TLS handshake").with_source(source)
}
