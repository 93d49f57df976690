//! Calls over one connection, one at a time.

use bytes::Bytes;
use hive_thrift::codec::{self, Record, Reply, Wire, WireError};
use hive_thrift::{Host, SaslConnection, UnframedConnection, connect};
use tokio::time::timeout;

use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::fault::Fault;
use crate::protocol::messages::Call;

enum Connection {
    Sasl(SaslConnection),
    Unframed(UnframedConnection),
}

impl Connection {
    async fn open(config: &Config, host: &Host) -> Result<Self> {
        let stream = connect(host, config.tls.as_ref()).await?;
        let limit = config.max_message_bytes;
        #[cfg(feature = "kerberos")]
        if let Some(kerberos) = &config.kerberos {
            let login = SaslConnection::log_in_with_kerberos(stream, kerberos, host, limit);
            return Ok(Self::Sasl(login.await?));
        }
        Ok(match (&config.user, &config.password) {
            (Some(user), Some(password)) => {
                Self::Sasl(SaslConnection::log_in(stream, user, password, limit).await?)
            }
            _ => Self::Unframed(UnframedConnection::new(stream, limit)),
        })
    }

    async fn round_trip(&mut self, message: &[u8]) -> Result<Bytes> {
        Ok(match self {
            Self::Sasl(connection) => connection.round_trip(message).await?,
            Self::Unframed(connection) => connection.round_trip(message).await?,
        })
    }
}

/// A connection, and whether it can still be used.
pub(crate) struct Channel {
    connection: Connection,
    host: Host,
    config: Config,
    sequence: i32,
    is_lost: bool,
}

impl Channel {
    /// Connects to the first host that answers.
    pub(crate) async fn connect(config: &Config) -> Result<Self> {
        let mut failed: Vec<(&Host, Error)> = Vec::new();
        for host in &config.hosts {
            match Self::connect_to(config, host).await {
                Ok(channel) => return Ok(channel),
                // Another host would refuse the same login and the same settings.
                Err(error) if error.kind() != ErrorKind::Unavailable => return Err(error),
                Err(error) => failed.push((host, error)),
            }
        }
        let Some((_, last)) = failed.pop() else {
            return Err(Error::new(ErrorKind::InvalidConfig, "No metastore is named"));
        };
        Err(failed.iter().fold(last, |last, (host, _)| last.with_context("tried", host)))
    }

    async fn connect_to(config: &Config, host: &Host) -> Result<Self> {
        let connection = match timeout(config.connect_timeout, Connection::open(config, host)).await {
            Ok(connection) => connection.map_err(|error| error.with_context("host", host))?,
            Err(elapsed) => {
                let message =
                    "The metastore did not answer in time; check host, port, authentication and TLS";
                let error = Error::new(ErrorKind::Unavailable, message).with_source(elapsed);
                return Err(error.with_context("host", host));
            }
        };
        Ok(Self { connection, host: host.clone(), config: config.clone(), sequence: 0, is_lost: false })
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Makes one call.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the connection is lost.
    pub(crate) async fn call<C: Call>(&mut self, call: &C) -> Result<C::Success> {
        let located =
            |error: Error, host: &Host| error.with_context("call", C::NAME).with_context("host", host);
        if self.is_lost {
            let message = "The connection to the metastore was lost; open a new one";
            return Err(located(Error::new(ErrorKind::ConnectionLost, message), &self.host));
        }
        self.sequence = self.sequence.wrapping_add(1);
        let message = codec::encode(C::NAME, self.sequence, call);
        if message.len() > self.config.max_message_bytes {
            let error = Error::new(ErrorKind::Refused, "The request is longer than a message may be");
            return Err(located(error, &self.host));
        }
        // Until the whole answer is here the connection is out of step.
        self.is_lost = true;
        let answer = match timeout(self.config.call_timeout, self.connection.round_trip(&message)).await {
            Ok(answer) => answer,
            Err(elapsed) => {
                let message = "The metastore did not answer in time; read the table before calling again";
                Err(Error::new(ErrorKind::TimedOut, message).with_source(elapsed).in_doubt(true))
            }
        };
        // A read is never in doubt: there is nothing that it can have done.
        let answer = answer.map_err(|error| {
            let in_doubt = error.is_in_doubt() && C::CHANGES;
            located(error.in_doubt(in_doubt), &self.host)
        })?;
        let outcome = self.outcome::<C>(&answer).map_err(|error| {
            let message = "The metastore's answer cannot be read; check authentication, TLS and version";
            let error = Error::new(ErrorKind::Protocol, message).with_source(error).in_doubt(C::CHANGES);
            located(error, &self.host)
        })?;
        self.is_lost = false;
        outcome.map_err(|error| located(error, &self.host))
    }

    fn outcome<C: Call>(&self, answer: &Bytes) -> Result<Result<C::Success>, WireError> {
        let result = match codec::open(answer, C::NAME, self.sequence)? {
            Reply::Result(result) => codec::read::<Record>(&result)?,
            Reply::Exception(text) => return Ok(Err(Fault::Application.error(&text, C::CHANGES))),
        };
        for (position, fault) in (1_i16..).zip(C::FAULTS) {
            if let Some(exception) = result.get::<Record>(position)? {
                let text = exception.get::<String>(1)?.unwrap_or_default();
                return Ok(Err(fault.error(&text, C::CHANGES)));
            }
        }
        C::success(&result).map(Ok)
    }
}

/// Reads the value that a call returns.
pub(crate) fn returned<T: Wire>(result: &Record) -> Result<T, WireError> {
    result.get(0)?.ok_or(WireError::new("the answer is empty"))
}
