//! TCP without SASL: messages follow each other bare, and only their own structure says where one ends.

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Stream, lost, not_the_protocol, too_long};
use crate::error::Result;
use crate::protocol::scan::Scanner;
use crate::protocol::wire::WireError;

/// Room for one read.
const READ_BYTES: usize = 64 << 10;

/// A bare connection.
pub(crate) struct UnframedConnection {
    stream: Box<dyn Stream>,
    limit: usize,
}

impl UnframedConnection {
    pub(crate) fn new(stream: Box<dyn Stream>, limit: usize) -> Self {
        Self { stream, limit }
    }

    pub(crate) async fn round_trip(&mut self, message: &[u8]) -> Result<Bytes> {
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
                Some(_) => return Err(not_the_protocol(WireError("bytes follow the answer"))),
                None if bytes.len() > self.limit => return Err(too_long(self.limit)),
                None => {}
            }
        }
    }
}
