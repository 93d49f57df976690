//! Calls over one connection, one at a time.

use hive_thrift::Host;
use tokio::time::timeout;

use crate::classify::exception_error;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::envelope::{Answer, Call, decode, encode};
use crate::transport::Connection;

/// A connection, and whether it can still be used.
pub(crate) struct Client {
    connection: Connection,
    host: Host,
    config: Config,
    sequence: i32,
    is_lost: bool,
}

impl Client {
    /// Connects to one server and logs in, within the connect timeout.
    pub(crate) async fn connect(config: &Config, host: &Host) -> Result<Self> {
        let connection = match timeout(config.connect_timeout, Connection::open(config, host)).await {
            Ok(connection) => connection.map_err(|error| error.with_context("host", host))?,
            Err(elapsed) => {
                let message = "The server did not answer in time; check host, port, transport and TLS";
                let error = Error::new(ErrorKind::Unavailable, message).with_source(elapsed);
                return Err(error.with_context("host", host));
            }
        };
        Ok(Self { connection, host: host.clone(), config: config.clone(), sequence: 0, is_lost: false })
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether no further call can be made.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Marks the session as gone from the server.
    pub(crate) fn mark_lost(&mut self) {
        self.is_lost = true;
    }

    /// Makes one call.
    ///
    /// # Errors
    ///
    /// ConnectionLost, TimedOut and Protocol leave the outcome in doubt and, but for HTTP, end the connection. What
    /// the server says about the call itself is in the reply.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the connection is lost, except over HTTP.
    pub(crate) async fn call<C: Call>(&mut self, call: &C) -> Result<C::Reply> {
        if self.is_lost {
            let message = "The session is gone because its connection was lost; open a new one";
            return Err(Error::new(ErrorKind::ConnectionLost, message).with_context("host", &self.host));
        }
        self.sequence = self.sequence.wrapping_add(1);
        let message = encode(call, self.sequence);
        if message.len() > self.config.max_message_bytes {
            let message = "The statement is longer than a message may be; raise the limit";
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        }
        // Until the whole answer is here the connection is out of step; over HTTP the next call opens another.
        self.is_lost = self.connection.carries_session();
        let answer = match timeout(self.config.call_timeout, self.connection.round_trip(message)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                return Err(error.with_context("call", C::NAME).with_context("host", &self.host));
            }
            Err(elapsed) => {
                let message = "The server did not answer in time; look at what the statement did before sending it again";
                let error = Error::new(ErrorKind::TimedOut, message).with_source(elapsed).in_doubt();
                return Err(error.with_context("call", C::NAME).with_context("host", &self.host));
            }
        };
        let answer = decode::<C>(&answer, self.sequence).map_err(|error| {
            let message = "The server's answer cannot be read; check transport and version";
            let error = Error::new(ErrorKind::Protocol, message).with_source(error).in_doubt();
            error.with_context("call", C::NAME).with_context("host", &self.host)
        })?;
        self.is_lost = false;
        match answer {
            Answer::Reply(reply) => Ok(reply),
            Answer::Exception(text) => Err(exception_error(&text).with_context("call", C::NAME)),
        }
    }
}
