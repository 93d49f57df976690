//! The client's side of a session.

use std::io;

use tokio::io::{ReadHalf, WriteHalf, split};

use crate::session::tls::Stream;
use crate::wire::{Message, MessageReader, MessageWriter, Report};

/// A client's connection.
///
/// A client that has gone does not stop a statement that runs: the service carries on too, and what is in a block is
/// rolled back at its end.
#[derive(Debug)]
pub(crate) struct Client {
    reader: MessageReader<ReadHalf<Box<dyn Stream>>>,
    writer: MessageWriter<WriteHalf<Box<dyn Stream>>>,
    is_gone: bool,
}

impl Client {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        let (read, write) = split(stream);
        Self { reader: MessageReader::for_client(read), writer: MessageWriter::new(write), is_gone: false }
    }

    /// The next message; `None` when the client has gone.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Message>> {
        if self.is_gone { Ok(None) } else { self.reader.next().await }
    }

    pub(crate) async fn send(&mut self, message: &Message) {
        if !self.is_gone && self.writer.write(message).await.is_err() {
            self.is_gone = true;
        }
    }

    pub(crate) async fn report(&mut self, report: &Report) {
        self.send(&report.to_message()).await;
    }

    pub(crate) async fn flush(&mut self) {
        if !self.is_gone && self.writer.flush().await.is_err() {
            self.is_gone = true;
        }
    }
}
