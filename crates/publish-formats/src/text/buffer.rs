//! A window on a text that is read from front to back.

use std::io::Read;

use memchr::memchr_iter;
use publish_core::{Error, ErrorKind, Result};

use crate::input::from_io;

/// The longest record there may be: 16 MiB. A longer one is most likely a quote that was never closed, and has to be
/// held in memory as a whole.
pub(crate) const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

const START_BYTES: usize = 256 * 1024;

/// A window on a text, always valid UTF-8: what has been read and not yet been consumed.
pub(crate) struct TextBuffer {
    source: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    /// End of the bytes that are known to be whole characters.
    valid: usize,
    end: usize,
    /// Place of `bytes[0]` in the text.
    offset: u64,
    is_at_end: bool,
}

impl TextBuffer {
    /// Creates the window. `offset` is the place of the source's first byte in the file.
    pub(crate) fn new(source: Box<dyn Read + Send>, offset: u64) -> Self {
        Self { source, bytes: vec![0; START_BYTES], start: 0, valid: 0, end: 0, offset, is_at_end: false }
    }

    /// Passes over a byte order mark at the start of the text.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) that names UTF-16, if it is the mark of that.
    pub(crate) fn skip_mark(&mut self) -> Result<()> {
        while self.end - self.start < 3 && !self.is_at_end {
            self.read()?;
        }
        let bytes = &self.bytes[self.start..self.end];
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new(
                ErrorKind::BadData,
                "The file starts with the byte order mark of UTF-16; write it as UTF-8",
            ));
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            self.start += 3;
            self.valid = self.start;
        }
        self.validate()
    }

    /// What is there and not yet consumed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.valid]
    }

    /// As [`bytes`](Self::bytes). Whatever is written there must leave it valid UTF-8.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.valid]
    }

    /// Place in the text of the first byte that is not consumed.
    pub(crate) fn position(&self) -> u64 {
        self.offset + self.start as u64
    }

    /// Whether everything is read; what is there is the rest.
    pub(crate) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Passes over `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Reads on. What was consumed is no longer there, the rest has moved to the front.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if the text is not UTF-8 or its compression is damaged, or if more than
    /// [`MAX_RECORD_BYTES`] are waiting to be consumed.
    pub(crate) fn read_on(&mut self) -> Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.offset += self.start as u64;
        self.valid -= self.start;
        self.end -= self.start;
        self.start = 0;
        if self.end > MAX_RECORD_BYTES {
            return Err(Error::new(
                ErrorKind::BadData,
                "A record is longer than 16 MiB; if it should not be, look for a quote that is never closed",
            )
            .with_context("byte", self.offset));
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        self.read()?;
        self.validate()
    }

    fn read(&mut self) -> Result<()> {
        let count = loop {
            match self.source.read(&mut self.bytes[self.end..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(from_io(error, "The file can't be decompressed: it is damaged or cut off"));
                }
            }
        };
        self.end += count;
        self.is_at_end = count == 0;
        Ok(())
    }

    fn validate(&mut self) -> Result<()> {
        let fresh = &self.bytes[self.valid..self.end];
        match std::str::from_utf8(fresh) {
            Ok(_) => self.valid = self.end,
            Err(error) if error.error_len().is_none() && !self.is_at_end => self.valid += error.valid_up_to(),
            Err(error) => {
                let at = self.valid + error.valid_up_to();
                return Err(Error::new(
                    ErrorKind::BadData,
                    "The file is not UTF-8; write it in that encoding",
                )
                .with_context("byte", self.offset + at as u64)
                .with_context("found", format!("0x{:02x}", self.bytes[at])));
            }
        }
        Ok(())
    }
}

/// Counts the line ends in a text: LF, CRLF, and CR alone.
pub(crate) fn count_lines(text: &[u8]) -> u64 {
    let lone = memchr_iter(b'\r', text).filter(|&at| text.get(at + 1) != Some(&b'\n')).count();
    (memchr_iter(b'\n', text).count() + lone) as u64
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn buffer(text: &[u8]) -> TextBuffer {
        let mut buffer = TextBuffer::new(Box::new(Cursor::new(text.to_vec())), 0);
        buffer.skip_mark().unwrap();
        buffer
    }

    fn drain(buffer: &mut TextBuffer) -> Result<usize> {
        let mut count = 0;
        loop {
            count += buffer.bytes().len();
            buffer.consume(buffer.bytes().len());
            if buffer.is_at_end() {
                return Ok(count);
            }
            buffer.read_on()?;
        }
    }

    #[test]
    fn a_character_at_the_edge_of_the_window_is_whole() {
        let mut text = vec![b'a'; START_BYTES - 1];
        text.extend("é€".repeat(200_000).as_bytes());
        assert_eq!(drain(&mut buffer(&text)).unwrap(), text.len());
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_told_by_its_place() {
        let mut text = vec![b'a'; START_BYTES + 100];
        text[START_BYTES + 7] = 0xff;
        let error = drain(&mut buffer(&text)).unwrap_err();
        assert_eq!(error.context()[0], ("byte", (START_BYTES + 7).to_string()));
        let error = drain(&mut buffer(b"caf\xc3")).unwrap_err();
        assert_eq!(error.context()[0], ("byte", "3".to_owned()));
    }

    #[test]
    fn the_mark_of_utf_8_is_passed_over_and_that_of_utf_16_is_named() {
        let marked = buffer(b"\xef\xbb\xbfid");
        assert_eq!((marked.bytes(), marked.position()), (&b"id"[..], 3));
        assert_eq!(buffer(b"").bytes(), b"");
        let mut utf_16 = TextBuffer::new(Box::new(Cursor::new(b"\xff\xfei\0".to_vec())), 0);
        assert!(utf_16.skip_mark().unwrap_err().message().contains("UTF-16"));
    }

    #[test]
    fn a_record_that_never_ends_is_refused_at_the_limit() {
        let mut endless = TextBuffer::new(Box::new(std::io::repeat(b'a')), 0);
        let error = loop {
            if let Err(error) = endless.read_on() {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(endless.bytes.len() <= 2 * MAX_RECORD_BYTES);
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        assert_eq!(count_lines(b"a\nb\r\nc\rd"), 3);
    }
}
