//! TCP without SASL: messages follow each other bare, and only their own structure says where one ends.

use std::fmt;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Stream, lost, not_the_protocol, too_long};
use crate::codec::{Scanner, WireError};
use crate::error::Result;

/// Room for one read.
const READ_BYTES: usize = 64 << 10;

/// A bare connection.
pub struct UnframedConnection {
    stream: Box<dyn Stream>,
    limit: usize,
}

impl UnframedConnection {
    /// A connection that refuses answers longer than `limit` bytes.
    pub fn new(stream: Box<dyn Stream>, limit: usize) -> Self {
        Self { stream, limit }
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
        self.stream.write_all(message).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let mut bytes = BytesMut::new();
        let mut scanner = Scanner::of_message(self.limit);
        loop {
            bytes.reserve(READ_BYTES);
            if self.stream.read_buf(&mut bytes).await.map_err(lost)? == 0 {
                return Err(lost(std::io::ErrorKind::UnexpectedEof.into()));
            }
            match scanner.advance(&bytes).map_err(not_the_protocol)? {
                Some(end) if end == bytes.len() => return Ok(bytes.freeze()),
                Some(_) => return Err(not_the_protocol(WireError::new("bytes follow the answer"))),
                None if bytes.len() > self.limit => return Err(too_long(self.limit)),
                None => {}
            }
        }
    }
}

impl fmt::Debug for UnframedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnframedConnection").field("limit", &self.limit).finish_non_exhaustive()
    }
}
