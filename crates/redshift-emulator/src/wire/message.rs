//! Messages: a tag, a length and a body.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// No message of a client is longer: a statement has 16 MB at most.
const CLIENT_LIMIT: usize = 17 << 20;
/// A start-up packet is short.
const STARTUP_LIMIT: usize = 64 << 10;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// One message of the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Bytes,
}

impl Message {
    pub(crate) fn new(tag: u8, body: impl Into<Bytes>) -> Self {
        Self { tag, body: body.into() }
    }

    /// A simple query.
    pub(crate) fn query(sql: &str) -> Self {
        Self::new(b'Q', c_string(sql))
    }

    /// The end of a statement, with its tag.
    pub(crate) fn command_complete(tag: &str) -> Self {
        Self::new(b'C', c_string(tag))
    }

    /// A parameter that the server reports.
    pub(crate) fn parameter_status(name: &str, value: &str) -> Self {
        let mut body = BytesMut::new();
        body.put_slice(&c_string(name));
        body.put_slice(&c_string(value));
        Self::new(b'S', body)
    }

    /// The server is ready again, in the given transaction state.
    pub(crate) fn ready(status: u8) -> Self {
        Self::new(b'Z', vec![status])
    }

    /// The strings of the body, up to the first that isn't ended.
    pub(crate) fn strings(&self) -> Vec<String> {
        let mut parts: Vec<_> = self.body.split(|byte| *byte == 0).collect();
        parts.pop();
        parts.into_iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
    }
}

/// Text ended by a zero byte.
pub(crate) fn c_string(text: &str) -> Bytes {
    let mut bytes = BytesMut::with_capacity(text.len() + 1);
    bytes.put_slice(text.as_bytes());
    bytes.put_u8(0);
    bytes.freeze()
}

/// Reads messages of one side.
#[derive(Debug)]
pub(crate) struct MessageReader<R> {
    inner: BufReader<R>,
    limit: usize,
}

impl<R: AsyncRead + Unpin> MessageReader<R> {
    /// A reader for a client, whose messages are limited.
    pub(crate) fn for_client(inner: R) -> Self {
        Self { inner: BufReader::new(inner), limit: CLIENT_LIMIT }
    }

    /// A reader for a server that we started.
    pub(crate) fn for_server(inner: R) -> Self {
        Self { inner: BufReader::with_capacity(64 << 10, inner), limit: i32::MAX as usize }
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Message>> {
        let tag = match self.inner.read_u8().await {
            Ok(tag) => tag,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = self.inner.read_u32().await? as usize;
        let length = length.checked_sub(4).filter(|length| *length <= self.limit).ok_or_else(bad_length)?;
        Ok(Some(Message::new(tag, read_body(&mut self.inner, length).await?)))
    }
}

/// Writes messages to one side.
#[derive(Debug)]
pub(crate) struct MessageWriter<W: AsyncWrite> {
    inner: BufWriter<W>,
}

impl<W: AsyncWrite + Unpin> MessageWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner: BufWriter::with_capacity(64 << 10, inner) }
    }

    /// Writes a message, which may stay in the buffer until [`Self::flush`].
    pub(crate) async fn write(&mut self, message: &Message) -> io::Result<()> {
        self.inner.write_u8(message.tag).await?;
        let length = u32::try_from(message.body.len() + 4).map_err(|_| bad_length())?;
        self.inner.write_u32(length).await?;
        self.inner.write_all(&message.body).await
    }

    /// Writes bytes as they are.
    pub(crate) async fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes).await
    }

    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().await
    }
}

/// What a client sends first.
#[derive(Debug)]
pub(crate) enum StartupPacket {
    /// A question for encryption, by TLS or by GSSAPI, which has one byte as its answer.
    Encryption { is_tls: bool },
    /// A request to cancel what another connection does, as it came.
    Cancel(Bytes),
    /// The start of a session with its parameters.
    Session(Vec<(String, String)>),
}

/// Reads what a client sends first.
pub(crate) async fn read_startup(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<StartupPacket> {
    let length = stream.read_u32().await? as usize;
    let length = length.checked_sub(8).filter(|length| *length <= STARTUP_LIMIT).ok_or_else(bad_length)?;
    let code = stream.read_u32().await?;
    let body = read_body(stream, length).await?;
    match code {
        SSL_REQUEST | GSS_REQUEST => Ok(StartupPacket::Encryption { is_tls: code == SSL_REQUEST }),
        CANCEL_REQUEST => Ok(StartupPacket::Cancel(cancel_packet(&body))),
        code if code >> 16 == 3 => {
            let strings = Message::new(0, body).strings();
            let pairs = strings.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
            Ok(StartupPacket::Session(pairs.filter(|(name, _)| !name.is_empty()).collect()))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "unknown protocol version")),
    }
}

/// The start-up packet of a session.
pub(crate) fn startup_packet(parameters: &[(String, String)]) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u32(3 << 16);
    for (name, value) in parameters {
        body.put_slice(&c_string(name));
        body.put_slice(&c_string(value));
    }
    body.put_u8(0);
    framed(&body)
}

fn cancel_packet(key: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u32(CANCEL_REQUEST);
    body.put_slice(key);
    framed(&body)
}

fn framed(body: &[u8]) -> Bytes {
    let mut packet = BytesMut::new();
    // A packet made here is never near the limit of the length.
    packet.put_u32(body.len() as u32 + 4);
    packet.put_slice(body);
    packet.freeze()
}

/// Reads a body that grows as it arrives: nothing is allocated by the announced length.
async fn read_body(stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Bytes> {
    let mut body = Vec::new();
    stream.take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body.into())
}

fn bad_length() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message has an impossible length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_is_read_as_it_was_written() {
        let (near, far) = tokio::io::duplex(64);
        let mut writer = MessageWriter::new(near);
        let mut reader = MessageReader::for_client(far);
        writer.write(&Message::query("select 1")).await.unwrap();
        writer.flush().await.unwrap();
        drop(writer);
        let message = reader.next().await.unwrap().unwrap();
        assert_eq!((message.tag, message.strings()), (b'Q', vec!["select 1".to_owned()]));
        assert!(reader.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn an_announced_length_that_never_comes_is_an_error() {
        let bytes: &[u8] = &[b'Q', 0, 16, 0, 0, b'x'];
        assert!(MessageReader::for_client(bytes).next().await.is_err());
        let bytes: &[u8] = &[b'Q', 0x7f, 0, 0, 0, b'x'];
        assert!(MessageReader::for_client(bytes).next().await.is_err());
        let bytes: &[u8] = &[b'Q', 0, 0, 0, 3];
        assert!(MessageReader::for_client(bytes).next().await.is_err());
    }

    #[tokio::test]
    async fn a_start_up_packet_is_read_as_it_was_made() {
        let packet = startup_packet(&[("user".to_owned(), "awsuser".to_owned())]);
        let StartupPacket::Session(pairs) = read_startup(&mut &packet[..]).await.unwrap() else {
            panic!("not a session");
        };
        assert_eq!(pairs, [("user".to_owned(), "awsuser".to_owned())]);
    }
}
