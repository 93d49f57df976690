//! Text in other encodings, read as UTF-8.

use std::io::{self, Read};

use crate::sql::Encoding;

/// A byte that is never part of UTF-8: it stands for what is no character in the file either.
const INVALID: u8 = 0xff;
/// Bytes that are read at once.
const PIECE: usize = 16 << 10;

/// Reads a text in its encoding and gives it as UTF-8.
#[derive(Debug)]
pub(crate) struct Utf8Reader<R> {
    inner: R,
    encoding: Encoding,
    /// Bytes of the file that are not turned yet.
    waiting: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    is_begun: bool,
}

impl<R: Read> Utf8Reader<R> {
    pub(crate) fn new(inner: R, encoding: Encoding) -> Self {
        Self { inner, encoding, waiting: Vec::new(), text: Vec::new(), given: 0, is_begun: false }
    }

    /// Turns more of the file; false at its end.
    fn fill(&mut self) -> io::Result<bool> {
        let before = self.waiting.len();
        (&mut self.inner).take(PIECE as u64).read_to_end(&mut self.waiting)?;
        let is_end = self.waiting.len() == before;
        self.text.clear();
        self.given = 0;
        if self.encoding == Encoding::Latin1 {
            for byte in self.waiting.drain(..) {
                self.text.extend(char::from(byte).encode_utf8(&mut [0; 4]).bytes());
            }
            return Ok(!is_end);
        }
        if !self.is_begun {
            self.begin()?;
        }
        let is_big = self.encoding == Encoding::Utf16Be;
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let mut units: Vec<u16> = self.waiting.chunks_exact(2).map(unit).collect();
        // The first half of a character waits for the other.
        if !is_end && units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
        }
        self.waiting.drain(..units.len() * 2);
        for character in char::decode_utf16(units) {
            match character {
                Ok(character) => self.text.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                Err(_) => self.text.push(INVALID),
            }
        }
        if is_end && !self.waiting.is_empty() {
            self.waiting.clear();
            self.text.push(INVALID);
        }
        Ok(!(is_end && self.text.is_empty()))
    }

    /// Reads the byte order mark, which `UTF16` needs and the others may have.
    fn begin(&mut self) -> io::Result<()> {
        self.is_begun = true;
        let mark = match self.waiting.get(..2) {
            Some([0xff, 0xfe]) => Some(Encoding::Utf16Le),
            Some([0xfe, 0xff]) => Some(Encoding::Utf16Be),
            _ => None,
        };
        match (self.encoding, mark) {
            (Encoding::Utf16, Some(found)) => {
                self.encoding = found;
                self.waiting.drain(..2);
            }
            (Encoding::Utf16, None) if !self.waiting.is_empty() => {
                let message = "ENCODING UTF16 needs a byte order mark (BOM) at the beginning of the file";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            (own, Some(found)) if own == found => drop(self.waiting.drain(..2)),
            _ => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.text.len() - self.given);
        buffer[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], encoding: Encoding) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        Utf8Reader::new(bytes, encoding).read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn text_of_two_bytes_is_read_in_either_order() {
        let text = "é😀".repeat(10_000);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [&[0xfe, 0xff][..], &big].concat();
        for (bytes, encoding) in [
            (&little, Encoding::Utf16Le),
            (&big, Encoding::Utf16Be),
            (&marked, Encoding::Utf16),
            (&marked, Encoding::Utf16Be),
        ] {
            assert!(read(bytes, encoding).unwrap() == text.as_bytes(), "{encoding:?}");
        }
        assert!(read(&little, Encoding::Utf16).is_err(), "there is no byte order mark");
        assert_eq!(read(&[], Encoding::Utf16).unwrap(), b"");
    }

    #[test]
    fn what_is_no_character_stays_none() {
        assert_eq!(read(&[0x3d, 0xd8, b'a', 0], Encoding::Utf16Le).unwrap(), b"\xffa");
        assert_eq!(read(b"a\0b", Encoding::Utf16Le).unwrap(), b"a\xff");
        assert_eq!(read(b"\xe9", Encoding::Latin1).unwrap(), "é".as_bytes());
    }
}
