//! Reads values of Thrift's binary protocol out of one whole message.

use bytes::Bytes;

use super::scan::Scanner;
use super::wire::{WireError, kind};

/// A position in one message. Every length is checked against what is left before anything is read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    message: &'a Bytes,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a Bytes) -> Self {
        Self { message, at: 0 }
    }

    /// The next `length` bytes, shared with the message and not copied.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<Bytes, WireError> {
        if length > self.message.len() - self.at {
            return Err(WireError("the message ends within a value"));
        }
        let start = self.at;
        self.at += length;
        Ok(self.message.slice(start..self.at))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let left = &self.message[self.at..];
        let array = *left.first_chunk::<N>().ok_or(WireError("the message ends within a value"))?;
        self.at += N;
        Ok(array)
    }

    pub(crate) fn text(&mut self) -> Result<Bytes, WireError> {
        let length = self.length()?;
        self.bytes(length)
    }

    /// Kind and id of the next field, or `None` at the end of the struct.
    pub(crate) fn field(&mut self) -> Result<Option<(u8, i16)>, WireError> {
        let [kind] = self.array()?;
        if kind == kind::STOP {
            return Ok(None);
        }
        Ok(Some((kind, i16::from_be_bytes(self.array()?))))
    }

    /// Kind of the elements and their number.
    pub(crate) fn list(&mut self) -> Result<(u8, usize), WireError> {
        let [kind] = self.array()?;
        Ok((kind, self.count(1)?))
    }

    /// Kinds of keys and values, and their number.
    pub(crate) fn map(&mut self) -> Result<(u8, u8, usize), WireError> {
        let [key, value] = self.array()?;
        Ok((key, value, self.count(2)?))
    }

    /// Passes over one value of a kind, however deep.
    pub(crate) fn skip(&mut self, kind: u8) -> Result<(), WireError> {
        let mut scanner = Scanner::of_value(kind, self.at, self.message.len());
        match scanner.advance(self.message)? {
            Some(end) => {
                self.at = end;
                Ok(())
            }
            None => Err(WireError("the message ends within a value")),
        }
    }

    /// The bytes from here to the end of a list of texts with `count` elements.
    pub(crate) fn texts(&mut self, count: usize) -> Result<Bytes, WireError> {
        let start = self.at;
        for _ in 0..count {
            let length = self.length()?;
            if length > self.message.len() - self.at {
                return Err(WireError("the message ends within a value"));
            }
            self.at += length;
        }
        Ok(self.message.slice(start..self.at))
    }

    fn length(&mut self) -> Result<usize, WireError> {
        usize::try_from(i32::from_be_bytes(self.array()?)).map_err(|_| WireError("a length is negative"))
    }

    /// A number of elements. None is shorter than `least` bytes, so a number that cannot be true is refused here.
    fn count(&mut self, least: usize) -> Result<usize, WireError> {
        let count = self.length()?;
        if count > (self.message.len() - self.at) / least {
            return Err(WireError("a list announces more values than the message can hold"));
        }
        Ok(count)
    }
}
