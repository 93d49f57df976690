//! Rows on their way to PostgreSQL, in its text format.

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

/// Rows are handed over in parts of about this size.
const PART: usize = 256 << 10;

/// Nobody takes the rows any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone;

/// Writes rows; they go nowhere when they are only checked.
#[derive(Debug)]
pub(crate) struct RowWriter {
    sender: Option<Sender<Bytes>>,
    part: Vec<u8>,
    /// Where the open row begins.
    start: usize,
}

impl RowWriter {
    pub(crate) fn new(sender: Option<Sender<Bytes>>) -> Self {
        Self { sender, part: Vec::new(), start: 0 }
    }

    /// Adds a value to the open row; `None` is a null.
    pub(crate) fn put(&mut self, value: Option<&str>) {
        let Some(text) = value else {
            self.part.extend_from_slice(b"\\N\t");
            return;
        };
        for byte in text.bytes() {
            match byte {
                b'\\' => self.part.extend_from_slice(b"\\\\"),
                b'\n' => self.part.extend_from_slice(b"\\n"),
                b'\r' => self.part.extend_from_slice(b"\\r"),
                b'\t' => self.part.extend_from_slice(b"\\t"),
                byte => self.part.push(byte),
            }
        }
        self.part.push(b'\t');
    }

    /// Drops what the open row has.
    pub(crate) fn abandon_row(&mut self) {
        self.part.truncate(self.start);
    }

    /// Ends the open row.
    pub(crate) fn end_row(&mut self) -> Result<(), Gone> {
        self.part.pop();
        self.part.push(b'\n');
        self.start = self.part.len();
        if self.part.len() < PART { Ok(()) } else { self.flush() }
    }

    /// Hands over what waits.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        self.start = 0;
        let part = std::mem::take(&mut self.part);
        match &self.sender {
            Some(sender) if !part.is_empty() => sender.blocking_send(part.into()).map_err(|_| Gone),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abandoned_row_leaves_nothing() {
        let (sender, mut parts) = tokio::sync::mpsc::channel(1);
        let mut rows = RowWriter::new(Some(sender));
        rows.put(Some("a\tb\\"));
        rows.put(None);
        rows.end_row().unwrap();
        rows.put(Some("lost"));
        rows.abandon_row();
        rows.put(Some("2"));
        rows.end_row().unwrap();
        rows.flush().unwrap();
        assert_eq!(&parts.try_recv().unwrap()[..], b"a\\tb\\\\\t\\N\n2\n");
        drop(parts);
        rows.put(Some("3"));
        rows.end_row().unwrap();
        assert!(rows.flush().is_err());
    }
}
