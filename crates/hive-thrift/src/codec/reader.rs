//! Reads values of Thrift's binary protocol out of one whole message.

use bytes::Bytes;

use super::scan::Scanner;
use super::wire::{WireError, kind};

/// A position in one message. Every length is checked against what is left before anything is read.
#[derive(Debug)]
pub struct Reader<'a> {
    message: &'a Bytes,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(message: &'a Bytes) -> Self {
        Self { message, at: 0 }
    }

    /// The next `length` bytes, shared with the message and not copied.
    ///
    /// # Errors
    ///
    /// When fewer are left.
    pub fn bytes(&mut self, length: usize) -> Result<Bytes, WireError> {
        if length > self.message.len() - self.at {
            return Err(WireError::new("the message ends within a value"));
        }
        let start = self.at;
        self.at += length;
        Ok(self.message.slice(start..self.at))
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    ///
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let left = &self.message[self.at..];
        let array = *left.first_chunk::<N>().ok_or(WireError::new("the message ends within a value"))?;
        self.at += N;
        Ok(array)
    }

    /// A text or bytes behind their length.
    ///
    /// # Errors
    ///
    /// When they are not all there.
    pub fn text(&mut self) -> Result<Bytes, WireError> {
        let length = self.length()?;
        self.bytes(length)
    }

    /// Kind and id of the next field, or `None` at the end of the struct.
    ///
    /// # Errors
    ///
    /// When the bytes end first.
    pub fn field(&mut self) -> Result<Option<(u8, i16)>, WireError> {
        let [kind] = self.array()?;
        if kind == kind::STOP {
            return Ok(None);
        }
        Ok(Some((kind, i16::from_be_bytes(self.array()?))))
    }

    /// Kind of the elements and their number.
    ///
    /// # Errors
    ///
    /// When the bytes that are left cannot hold so many.
    pub fn list(&mut self) -> Result<(u8, usize), WireError> {
        let [kind] = self.array()?;
        Ok((kind, self.count(1)?))
    }

    /// Kinds of keys and values, and their number.
    ///
    /// # Errors
    ///
    /// When the bytes that are left cannot hold so many.
    pub fn map(&mut self) -> Result<(u8, u8, usize), WireError> {
        let [key, value] = self.array()?;
        Ok((key, value, self.count(2)?))
    }

    /// Passes over one value of a kind.
    ///
    /// # Errors
    ///
    /// When it is not all there, nested too deeply or of an unknown kind.
    pub fn skip(&mut self, kind: u8) -> Result<(), WireError> {
        let mut scanner = Scanner::of_value(kind, self.at, self.message.len());
        match scanner.advance(self.message)? {
            Some(end) => {
                self.at = end;
                Ok(())
            }
            None => Err(WireError::new("the message ends within a value")),
        }
    }

    /// The bytes of one value of a kind, shared with the message and not copied.
    ///
    /// # Errors
    ///
    /// As [`skip`](Self::skip).
    pub fn value(&mut self, kind: u8) -> Result<Bytes, WireError> {
        let start = self.at;
        self.skip(kind)?;
        Ok(self.message.slice(start..self.at))
    }

    /// The bytes from here to the end of a list of texts with `count` elements.
    ///
    /// # Errors
    ///
    /// When they are not all there.
    pub fn texts(&mut self, count: usize) -> Result<Bytes, WireError> {
        let start = self.at;
        for _ in 0..count {
            let length = self.length()?;
            if length > self.message.len() - self.at {
                return Err(WireError::new("the message ends within a value"));
            }
            self.at += length;
        }
        Ok(self.message.slice(start..self.at))
    }

    fn length(&mut self) -> Result<usize, WireError> {
        usize::try_from(i32::from_be_bytes(self.array()?)).map_err(|_| WireError::new("a length is negative"))
    }

    /// A number of elements. None is shorter than `least` bytes, so a number that cannot be true is refused here.
    fn count(&mut self, least: usize) -> Result<usize, WireError> {
        let count = self.length()?;
        if count > (self.message.len() - self.at) / least {
            return Err(WireError::new("a list announces more values than the message can hold"));
        }
        Ok(count)
    }
}
