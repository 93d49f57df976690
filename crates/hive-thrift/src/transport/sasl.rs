//! TCP with SASL: a short negotiation, then each message behind its length.

use std::{fmt, io};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Stream, lost, not_the_protocol, too_long};
use crate::codec::{Scanner, WireError};
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
    protection: Option<Box<dyn FrameProtection>>,
}

/// What signs or encrypts each frame after the login.
pub(super) trait FrameProtection: Send {
    /// Protects a part of a message.
    fn wrap(&mut self, part: &[u8]) -> Result<Vec<u8>>;

    /// Checks a frame and gives the part of a message that it holds.
    fn unwrap(&mut self, frame: &[u8]) -> Result<Vec<u8>>;

    /// The longest part that the other side takes in one frame, in bytes.
    fn max_part_bytes(&self) -> usize;
}

/// The status of the other side in the negotiation, when it has not given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It waits for more.
    Continues,
    /// The login is done.
    Complete,
}

impl SaslConnection {
    /// Logs in with user and password, by the mechanism PLAIN.
    ///
    /// # Errors
    ///
    /// Unauthenticated with the server's words, Unavailable when the connection breaks, and Protocol when the
    /// other side is no SASL server.
    pub async fn log_in(stream: Box<dyn Stream>, user: &str, password: &str, limit: usize) -> Result<Self> {
        if user.contains('\0') || password.contains('\0') {
            return Err(Error::new(ErrorKind::InvalidConfig, "User and password cannot contain a NUL"));
        }
        let mut negotiation = Negotiation::new(stream);
        negotiation.start("PLAIN", format!("\0{user}\0{password}").as_bytes()).await?;
        match negotiation.receive().await? {
            (Progress::Complete, _) => Ok(negotiation.finish(limit, None)),
            (Progress::Continues, _) => {
                Err(Error::new(ErrorKind::Protocol, "The server asks for more than PLAIN has to say"))
            }
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
        let limit = self.limit;
        let frames = match &mut self.protection {
            None => frame(message).ok_or_else(|| too_long(limit))?,
            Some(protection) => {
                let mut frames = Vec::with_capacity(message.len() + 1024);
                for part in message.chunks(protection.max_part_bytes().max(1)) {
                    frames.extend(frame(&protection.wrap(part)?).ok_or_else(|| too_long(limit))?);
                }
                frames
            }
        };
        self.stream.write_all(&frames).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let first = self.read_frame().await?;
        if self.protection.is_none() {
            return Ok(first);
        }
        self.read_protected(&first).await
    }

    /// Reads a message that may span several protected frames: only its own structure says where it ends.
    async fn read_protected(&mut self, first: &[u8]) -> Result<Bytes> {
        let mut message = BytesMut::new();
        let mut scanner = Scanner::of_message(self.limit);
        let mut frame = Bytes::copy_from_slice(first);
        loop {
            let Some(protection) = &mut self.protection else { return Ok(frame) };
            message.extend_from_slice(&protection.unwrap(&frame)?);
            match scanner.advance(&message).map_err(not_the_protocol)? {
                Some(end) if end == message.len() => return Ok(message.freeze()),
                Some(_) => return Err(not_the_protocol(WireError::new("bytes follow the answer"))),
                None if message.len() > self.limit => return Err(too_long(self.limit)),
                None => frame = self.read_frame().await?,
            }
        }
    }

    async fn read_frame(&mut self) -> Result<Bytes> {
        let length = self.stream.read_u32().await.map_err(lost)? as usize;
        if length > self.limit {
            return Err(too_long(self.limit));
        }
        read_exactly(&mut self.stream, length).await.map_err(lost)
    }
}

impl fmt::Debug for SaslConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaslConnection")
            .field("limit", &self.limit)
            .field("is_protected", &self.protection.is_some())
            .finish_non_exhaustive()
    }
}

/// The negotiation before the first message: statuses with texts, to and fro.
pub(super) struct Negotiation {
    stream: Box<dyn Stream>,
}

impl Negotiation {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream }
    }

    /// Names the mechanism and says its first word.
    pub(super) async fn start(&mut self, mechanism: &str, text: &[u8]) -> Result<()> {
        let mut hello = negotiation(START, mechanism.as_bytes());
        hello.extend(negotiation(OK, text));
        self.send_bytes(&hello).await
    }

    /// Receives the server's next word.
    ///
    /// # Errors
    ///
    /// Unauthenticated with the server's words when it refuses.
    pub(super) async fn receive(&mut self) -> Result<(Progress, Bytes)> {
        let status = self.stream.read_u8().await.map_err(login_broke)?;
        let length = self.stream.read_u32().await.map_err(login_broke)? as usize;
        if !(OK..=COMPLETE).contains(&status) || length > MAX_NEGOTIATION_BYTES {
            return Err(Error::new(
                ErrorKind::Protocol,
                "The server does not speak SASL on this port; check transport and TLS",
            ));
        }
        let text = read_exactly(&mut self.stream, length).await.map_err(login_broke)?;
        match status {
            COMPLETE => Ok((Progress::Complete, text)),
            BAD | ERROR => {
                let text = String::from_utf8_lossy(&text).into_owned();
                let message =
                    "The server refused the login; check user and password, or the kind of login it wants";
                Err(Error::new(ErrorKind::Unauthenticated, message).with_context("server", text))
            }
            _ => Ok((Progress::Continues, text)),
        }
    }

    /// The connection after the login.
    pub(super) fn finish(self, limit: usize, protection: Option<Box<dyn FrameProtection>>) -> SaslConnection {
        SaslConnection { stream: self.stream, limit, protection }
    }

    async fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.map_err(login_broke)?;
        self.stream.flush().await.map_err(login_broke)
    }
}

#[cfg(feature = "kerberos")]
impl Negotiation {
    /// Answers the server's word, and says whether our side is done.
    pub(super) async fn send(&mut self, progress: Progress, text: &[u8]) -> Result<()> {
        let status = if progress == Progress::Complete { COMPLETE } else { OK };
        self.send_bytes(&negotiation(status, text)).await
    }
}

fn negotiation(status: u8, text: &[u8]) -> Vec<u8> {
    let mut message = vec![status];
    message.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend(text);
    message
}

/// Bytes behind their length, unless that cannot be told.
fn frame(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok()?;
    let mut frame = Vec::with_capacity(bytes.len() + 4);
    frame.extend(length.to_be_bytes());
    frame.extend(bytes);
    Some(frame)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Reply, encode, open};
    use crate::messages;

    messages! {
        struct Words {
            1 words: Vec<String>,
        }
    }

    /// Turns every bit and adds a byte, so that nothing passes unprotected.
    struct Turned;

    impl FrameProtection for Turned {
        fn wrap(&mut self, part: &[u8]) -> Result<Vec<u8>> {
            Ok([b"#".as_slice(), &part.iter().map(|byte| !byte).collect::<Vec<_>>()].concat())
        }

        fn unwrap(&mut self, frame: &[u8]) -> Result<Vec<u8>> {
            match frame.split_first() {
                Some((b'#', part)) => Ok(part.iter().map(|byte| !byte).collect()),
                _ => Err(Error::new(ErrorKind::Protocol, "Unprotected")),
            }
        }

        fn max_part_bytes(&self) -> usize {
            7
        }
    }

    /// Sends a request to a server that gives it back as the answer, in frames of `part` bytes.
    async fn echo(part: usize, tail: &'static [u8]) -> Result<(Vec<u8>, Bytes)> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let request = encode("say", 1, &Words { words: vec!["abc".to_owned(); 5] });
        let length = request.len();
        let server = tokio::spawn(async move {
            let mut received = Vec::new();
            while received.len() < length {
                let frame_length = theirs.read_u32().await.expect("a frame");
                let mut frame = vec![0; frame_length as usize];
                theirs.read_exact(&mut frame).await.expect("the frame");
                assert!(frame.len() <= 8, "no part is longer than the server takes");
                received.extend(Turned.unwrap(&frame).expect("protected"));
            }
            let mut answer = received.clone();
            answer[3] = 2;
            answer.extend(tail);
            for part in answer.chunks(part) {
                let bytes = frame(&Turned.wrap(part).expect("wrapped")).expect("short");
                theirs.write_all(&bytes).await.expect("sent");
            }
            received
        });
        let mut connection =
            SaslConnection { stream: Box::new(ours), limit: 1 << 16, protection: Some(Box::new(Turned)) };
        let answer = connection.round_trip(&request).await?;
        Ok((server.await.expect("the server"), answer))
    }

    #[tokio::test]
    async fn a_protected_message_spans_as_many_frames_as_it_needs_both_ways() {
        for part in [1, 9, 1 << 10] {
            let (received, answer) = echo(part, &[]).await.expect("an answer");
            assert_eq!(received, encode("say", 1, &Words { words: vec!["abc".to_owned(); 5] }));
            assert!(matches!(open(&answer, "say", 1), Ok(Reply::Result(_))), "in parts of {part}");
        }
    }

    #[tokio::test]
    async fn bytes_behind_a_protected_message_are_refused() {
        let error = echo(1 << 10, b"x").await.expect_err("one byte too many");
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}
