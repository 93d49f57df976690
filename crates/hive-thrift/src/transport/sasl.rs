//! TCP with SASL PLAIN: a short negotiation, then each message behind its length.

use std::{fmt, io};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Stream, lost, too_long};
use crate::error::{Error, ErrorKind, Result};

const START: u8 = 1;
const OK: u8 = 2;
const BAD: u8 = 3;
const ERROR: u8 = 4;
const COMPLETE: u8 = 5;

/// Longest text of the negotiation that is read. A server's real ones are short.
const MAX_NEGOTIATION_BYTES: usize = 64 << 10;

/// Allocated at once for an announced message; more only as bytes arrive.
const FIRST_ALLOCATION: usize = 64 << 10;

/// A connection after a successful login.
pub struct SaslConnection {
    stream: Box<dyn Stream>,
    limit: usize,
}

impl SaslConnection {
    /// Logs in with user and password.
    ///
    /// # Errors
    ///
    /// Unauthenticated with the server's words, Unavailable when the connection breaks, and Protocol when the
    /// other side is no SASL server.
    pub async fn log_in(
        mut stream: Box<dyn Stream>,
        user: &str,
        password: &str,
        limit: usize,
    ) -> Result<Self> {
        if user.contains('\0') || password.contains('\0') {
            return Err(Error::new(ErrorKind::InvalidConfig, "User and password cannot contain a NUL"));
        }
        let mut hello = negotiation(START, b"PLAIN");
        hello.extend(negotiation(OK, format!("\0{user}\0{password}").as_bytes()));
        stream.write_all(&hello).await.map_err(login_broke)?;
        stream.flush().await.map_err(login_broke)?;
        let status = stream.read_u8().await.map_err(login_broke)?;
        let length = stream.read_u32().await.map_err(login_broke)? as usize;
        if !(OK..=COMPLETE).contains(&status) || length > MAX_NEGOTIATION_BYTES {
            return Err(Error::new(
                ErrorKind::Protocol,
                "The server does not speak SASL on this port; check transport and TLS",
            ));
        }
        let text = read_exactly(&mut stream, length).await.map_err(login_broke)?;
        match status {
            COMPLETE => Ok(Self { stream, limit }),
            BAD | ERROR => {
                let text = String::from_utf8_lossy(&text).into_owned();
                Err(Error::new(
                    ErrorKind::Unauthenticated,
                    "The server refused the login; check user and password",
                )
                .with_context("server", text))
            }
            _ => Err(Error::new(ErrorKind::Protocol, "The server asks for more than PLAIN has to say")),
        }
    }

    /// Sends a request and gives its answer.
    ///
    /// # Errors
    ///
    /// ConnectionLost and Protocol; the connection is of no more use, and the outcome in doubt.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the connection is out of step and must not be used again.
    pub async fn round_trip(&mut self, message: &[u8]) -> Result<Bytes> {
        let length = u32::try_from(message.len()).map_err(|_| too_long(self.limit))?;
        let mut frame = Vec::with_capacity(message.len() + 4);
        frame.extend(length.to_be_bytes());
        frame.extend(message);
        self.stream.write_all(&frame).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let length = self.stream.read_u32().await.map_err(lost)? as usize;
        if length > self.limit {
            return Err(too_long(self.limit));
        }
        read_exactly(&mut self.stream, length).await.map_err(lost)
    }
}

impl fmt::Debug for SaslConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaslConnection").field("limit", &self.limit).finish_non_exhaustive()
    }
}

fn negotiation(status: u8, text: &[u8]) -> Vec<u8> {
    let mut message = vec![status];
    message.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend(text);
    message
}

/// Reads `length` bytes into memory that grows as they arrive.
async fn read_exactly(stream: &mut Box<dyn Stream>, length: usize) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(length.min(FIRST_ALLOCATION));
    stream.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
}

fn login_broke(source: io::Error) -> Error {
    let message =
        "The server closed the connection during the login; check transport, authentication and TLS";
    Error::new(ErrorKind::Unavailable, message).with_source(source)
}
