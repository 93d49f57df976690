//! Connections: bytes of a request out, bytes of its answer in.

mod connect;
mod http;
mod sasl;
mod unframed;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::{Config, Host, Transport};
use crate::error::{Error, ErrorKind, Result};

/// A connected socket, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to one server, logged in.
pub(crate) enum Connection {
    Sasl(sasl::SaslConnection),
    Unframed(unframed::UnframedConnection),
    Http(Box<http::HttpConnection>),
}

impl Connection {
    /// Connects and logs in. The caller bounds the time.
    pub(crate) async fn open(config: &Config, host: &Host) -> Result<Self> {
        let limit = config.max_message_bytes;
        Ok(match &config.transport {
            Transport::Plain => {
                let stream = connect::connect(config, host).await?;
                let password = password_or_placeholder(config);
                Self::Sasl(sasl::SaslConnection::log_in(stream, &config.user, password, limit).await?)
            }
            Transport::NoSasl => {
                let stream = connect::connect(config, host).await?;
                Self::Unframed(unframed::UnframedConnection::new(stream, limit))
            }
            Transport::Http { path } => {
                Self::Http(Box::new(http::HttpConnection::open(config, host, path).await?))
            }
        })
    }

    /// Sends a request and gives its answer.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the connection is out of step, except over HTTP, and must not be used again.
    pub(crate) async fn round_trip(&mut self, message: Vec<u8>) -> Result<Bytes> {
        match self {
            Self::Sasl(connection) => connection.round_trip(&message).await,
            Self::Unframed(connection) => connection.round_trip(&message).await,
            Self::Http(connection) => connection.round_trip(message).await,
        }
    }

    /// Whether the session ends with the connection. Over HTTP it does not.
    pub(crate) fn carries_session(&self) -> bool {
        !matches!(self, Self::Http(_))
    }
}

/// The password as it is sent. Hive refuses an empty one even where it checks none.
fn password_or_placeholder(config: &Config) -> &str {
    if config.password.is_empty() { "anonymous" } else { &config.password }
}

/// The error for a connection that broke after a request was sent.
fn lost(source: std::io::Error) -> Error {
    let message = "The connection broke before the answer came; the session and its statement are gone";
    Error::new(ErrorKind::ConnectionLost, message).with_source(source).in_doubt()
}

/// The error for an answer that announces more than is allowed.
fn too_long(limit: usize) -> Error {
    let message = "The answer is longer than a message may be; ask for fewer rows or raise the limit";
    Error::new(ErrorKind::Protocol, message).with_context("limit", limit).in_doubt()
}

/// The error for bytes that no server of this transport sends.
fn not_the_protocol(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message =
        "The server does not speak this protocol on this port; check transport, authentication and TLS";
    Error::new(ErrorKind::Protocol, message).with_source(source).in_doubt()
}
