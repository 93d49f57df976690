//! A connection to the PostgreSQL behind the proxy.

use std::io;
use std::path::Path;

use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::wire::message::startup_packet;
use crate::wire::{Message, MessageReader, MessageWriter, Report};

/// The rows of an inner query, as text.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// A session of PostgreSQL.
#[derive(Debug)]
pub(crate) struct Backend {
    reader: MessageReader<OwnedReadHalf>,
    writer: MessageWriter<OwnedWriteHalf>,
    status: u8,
}

impl Backend {
    /// Opens the socket and sends the start-up packet; the answers are still to be read.
    pub(crate) async fn open(socket: &Path, parameters: &[(String, String)]) -> io::Result<Self> {
        let (read, write) = UnixStream::connect(socket).await?.into_split();
        let mut writer = MessageWriter::new(write);
        writer.write_raw(&startup_packet(parameters)).await?;
        writer.flush().await?;
        Ok(Self { reader: MessageReader::for_server(read), writer, status: b'I' })
    }

    /// Opens a session as a user who needs no password.
    pub(crate) async fn connect(socket: &Path, user: &str, database: &str) -> io::Result<Self> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let parameters = [pair("user", user), pair("database", database), pair("client_encoding", "UTF8")];
        let mut backend = Self::open(socket, &parameters).await?;
        loop {
            let message = backend.receive().await?;
            match message.tag {
                b'E' => return Err(io::Error::other(Report::from_message(&message).to_string())),
                b'Z' => return Ok(backend),
                _ => {}
            }
        }
    }

    /// Where the transaction stands: `I` idle, `T` in a block, `E` in a failed block.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }

    pub(crate) async fn send(&mut self, message: &Message) -> io::Result<()> {
        self.writer.write(message).await
    }

    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().await
    }

    /// The next message of the server.
    pub(crate) async fn receive(&mut self) -> io::Result<Message> {
        let message = self.reader.next().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if message.tag == b'Z' {
            self.status = message.body.first().copied().unwrap_or(b'I');
        }
        Ok(message)
    }

    /// Runs a statement of our own and collects its rows; notices are dropped.
    pub(crate) async fn query(&mut self, sql: &str) -> io::Result<Result<Rows, Report>> {
        let answer = self.described(sql).await?;
        Ok(answer.map(|(_, rows)| rows))
    }

    /// The same, with the names of the columns and the numbers of their types.
    pub(crate) async fn described(
        &mut self,
        sql: &str,
    ) -> io::Result<Result<(Vec<(String, u32)>, Rows), Report>> {
        self.send(&Message::query(sql)).await?;
        self.flush().await?;
        let mut columns = Vec::new();
        let mut rows = Rows::new();
        let mut failure = None;
        loop {
            let message = self.receive().await?;
            match message.tag {
                b'T' => columns = columns_of(&message),
                b'D' => rows.push(text_row(&message)),
                b'E' => failure = Some(Report::from_message(&message)),
                b'Z' => return Ok(failure.map_or(Ok((columns, rows)), Err)),
                _ => {}
            }
        }
    }
}

/// The columns that a description of rows tells: name and number of the type.
fn columns_of(message: &Message) -> Vec<(String, u32)> {
    let mut columns = Vec::new();
    let mut rest = message.body.get(2..).unwrap_or_default();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        // Table (4), column (2), type (4), size (2), modifier (4), format (2).
        let Some(fixed) = rest.get(end + 1..end + 19) else { break };
        columns.push((name, u32::from_be_bytes([fixed[6], fixed[7], fixed[8], fixed[9]])));
        rest = &rest[end + 19..];
    }
    columns
}

/// The values of a data row whose columns are text.
fn text_row(message: &Message) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = message.body.get(2..).unwrap_or_default();
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let length = i32::from_be_bytes(*head);
        let Ok(length) = usize::try_from(length) else {
            values.push(None);
            rest = tail;
            continue;
        };
        let (value, tail) = tail.split_at(length.min(tail.len()));
        values.push(Some(String::from_utf8_lossy(value).into_owned()));
        rest = tail;
    }
    values
}
