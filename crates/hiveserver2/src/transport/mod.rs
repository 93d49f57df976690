//! Connections: bytes of a request out, bytes of its answer in.

mod http;

use bytes::Bytes;
use hive_thrift::{Host, SaslConnection, UnframedConnection, connect};

use crate::config::{Config, Transport};
use crate::error::{Error, ErrorKind, Result};

/// A connection to one server, logged in.
pub(crate) enum Connection {
    Sasl(SaslConnection),
    Unframed(UnframedConnection),
    Http(Box<http::HttpConnection>),
}

impl Connection {
    /// Connects and logs in. The caller bounds the time.
    pub(crate) async fn open(config: &Config, host: &Host) -> Result<Self> {
        let limit = config.max_message_bytes;
        Ok(match &config.transport {
            Transport::Plain => {
                let stream = connect(host, config.tls.as_ref()).await?;
                #[cfg(feature = "kerberos")]
                if let Some(kerberos) = &config.kerberos {
                    let login = SaslConnection::log_in_with_kerberos(stream, kerberos, host, limit);
                    return Ok(Self::Sasl(login.await?));
                }
                let password = password_or_placeholder(config);
                Self::Sasl(SaslConnection::log_in(stream, &config.user, password, limit).await?)
            }
            #[cfg(feature = "kerberos")]
            Transport::NoSasl if config.kerberos.is_some() => {
                let message = "There is no login with Kerberos without SASL; choose another transport";
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            }
            Transport::NoSasl => {
                let stream = connect(host, config.tls.as_ref()).await?;
                Self::Unframed(UnframedConnection::new(stream, limit))
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
            Self::Sasl(connection) => Ok(connection.round_trip(&message).await?),
            Self::Unframed(connection) => Ok(connection.round_trip(&message).await?),
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

/// The error for an answer that announces more than is allowed.
fn too_long(limit: usize) -> Error {
    let message = "The answer is longer than a message may be; ask for fewer rows or raise the limit";
    Error::new(ErrorKind::Protocol, message).with_context("limit", limit).in_doubt()
}
