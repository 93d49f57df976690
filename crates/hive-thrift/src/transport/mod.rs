//! Connections: bytes of a request out, bytes of its answer in.

mod connect;
#[cfg(feature = "kerberos")]
mod gssapi;
mod sasl;
mod unframed;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::{Error, ErrorKind};

pub use connect::connect;
pub use sasl::SaslConnection;
pub use unframed::UnframedConnection;

/// A connected socket, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The error for a connection that broke after a request was sent.
fn lost(source: std::io::Error) -> Error {
    let message = "The connection broke before the answer came, and what was open on it is gone";
    Error::new(ErrorKind::ConnectionLost, message).with_source(source).in_doubt()
}

/// The error for an answer that announces more than is allowed.
fn too_long(limit: usize) -> Error {
    let message = "The answer is longer than a message may be; ask for less or raise the limit";
    Error::new(ErrorKind::Protocol, message).with_context("limit", limit).in_doubt()
}

/// The error for bytes that no server of this transport sends.
fn not_the_protocol(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message =
        "The server does not speak this protocol on this port; check transport, authentication and TLS";
    Error::new(ErrorKind::Protocol, message).with_source(source).in_doubt()
}
