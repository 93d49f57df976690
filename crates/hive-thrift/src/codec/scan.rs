//! Finds the end of a message or value without decoding it.
//!
//! An unframed connection does not say how long a message is. The scanner looks at the bytes that have arrived,
//! remembers where it stands, and goes on from there when more arrive, so each byte is looked at once. It keeps
//! its own stack: no nesting can overflow the thread's.

use super::wire::{WireError, kind};

/// Deepest nesting that is accepted. Hive's own messages stay below 10.
const MAX_DEPTH: usize = 64;

/// What has to come next.
#[derive(Clone, Copy, Debug)]
enum Expect {
    Header,
    Skip(usize),
    Value(u8),
    Fields,
    Elements { kind: u8, left: usize },
    Entries { key: u8, value: u8, left: usize },
}

/// A walk over one message or value.
#[derive(Debug)]
pub struct Scanner {
    stack: Vec<Expect>,
    at: usize,
    limit: usize,
}

impl Scanner {
    /// Starts at the first byte of a message that may not be longer than `limit`.
    pub fn of_message(limit: usize) -> Self {
        // Header, name and sequence number come before the struct; the last on the stack comes first.
        let stack = vec![Expect::Fields, Expect::Skip(4), Expect::Value(kind::TEXT), Expect::Header];
        Self { stack, at: 0, limit }
    }

    /// Starts at one value, which begins at `at` of the bytes given to [`advance`](Self::advance).
    pub fn of_value(kind: u8, at: usize, limit: usize) -> Self {
        Self { stack: vec![Expect::Value(kind)], at, limit }
    }

    /// Goes as far as `bytes` reach, which must start where they started before. Gives the end once it is there.
    ///
    /// # Errors
    ///
    /// When no bytes that follow can make it a message within the limit.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        while let Some(expect) = self.stack.pop() {
            if !self.step(expect, bytes)? {
                return Ok(None);
            }
            if self.stack.len() > MAX_DEPTH {
                return Err(WireError::new("values are nested too deeply"));
            }
        }
        Ok(Some(self.at))
    }

    /// Handles one expectation. False: more bytes are needed, and it is back on the stack.
    fn step(&mut self, expect: Expect, bytes: &[u8]) -> Result<bool, WireError> {
        match expect {
            Expect::Header => {
                let Some(head) = self.take::<4>(expect, bytes) else { return Ok(false) };
                if head[..2] != super::envelope::VERSION {
                    return Err(WireError::new("this is not a message of Thrift's binary protocol"));
                }
            }
            Expect::Skip(length) => {
                let have = bytes.len().saturating_sub(self.at).min(length);
                self.at += have;
                if have < length {
                    self.stack.push(Expect::Skip(length - have));
                    return Ok(false);
                }
            }
            Expect::Value(kind::BOOL | kind::BYTE) => self.skip(1)?,
            Expect::Value(kind::I16) => self.skip(2)?,
            Expect::Value(kind::I32) => self.skip(4)?,
            Expect::Value(kind::I64 | kind::DOUBLE) => self.skip(8)?,
            Expect::Value(kind::TEXT) => {
                let Some(length) = self.take(expect, bytes) else { return Ok(false) };
                self.skip(self.length(length)?)?;
            }
            Expect::Value(kind::STRUCT) => self.stack.push(Expect::Fields),
            Expect::Fields => match bytes.get(self.at) {
                None => {
                    self.stack.push(expect);
                    return Ok(false);
                }
                Some(&kind::STOP) => self.at += 1,
                Some(_) => {
                    let Some([kind, _, _]) = self.take(expect, bytes) else { return Ok(false) };
                    self.stack.extend([Expect::Fields, Expect::Value(kind)]);
                }
            },
            Expect::Value(kind::LIST | kind::SET) => {
                let Some([kind, a, b, c, d]) = self.take(expect, bytes) else { return Ok(false) };
                self.stack.push(Expect::Elements { kind, left: self.length([a, b, c, d])? });
            }
            Expect::Value(kind::MAP) => {
                let Some([key, value, a, b, c, d]) = self.take(expect, bytes) else { return Ok(false) };
                self.stack.push(Expect::Entries { key, value, left: self.length([a, b, c, d])? });
            }
            Expect::Value(_) => return Err(WireError::new("a value has an unknown type")),
            Expect::Elements { left: 0, .. } | Expect::Entries { left: 0, .. } => {}
            Expect::Elements { kind, left } => {
                self.stack.extend([Expect::Elements { kind, left: left - 1 }, Expect::Value(kind)]);
            }
            Expect::Entries { key, value, left } => {
                let rest = Expect::Entries { key, value, left: left - 1 };
                self.stack.extend([rest, Expect::Value(value), Expect::Value(key)]);
            }
        }
        Ok(true)
    }

    /// The next `N` bytes, or `None` with the expectation put back.
    fn take<const N: usize>(&mut self, expect: Expect, bytes: &[u8]) -> Option<[u8; N]> {
        let Some(chunk) = bytes.get(self.at..).and_then(|left| left.first_chunk::<N>()) else {
            self.stack.push(expect);
            return None;
        };
        self.at += N;
        Some(*chunk)
    }

    fn skip(&mut self, length: usize) -> Result<(), WireError> {
        if length > self.limit.saturating_sub(self.at) {
            return Err(WireError::new("a value is longer than a message may be"));
        }
        self.stack.push(Expect::Skip(length));
        Ok(())
    }

    /// An announced length or number. Nothing is shorter than a byte, so both are bounded by what may still come.
    fn length(&self, bytes: [u8; 4]) -> Result<usize, WireError> {
        let length =
            usize::try_from(i32::from_be_bytes(bytes)).map_err(|_| WireError::new("a length is negative"))?;
        if length > self.limit.saturating_sub(self.at) {
            return Err(WireError::new("a value is longer than a message may be"));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(kind: u8, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        Scanner::of_value(kind, 0, 1 << 20).advance(bytes)
    }

    #[test]
    fn a_value_that_arrives_byte_by_byte_ends_where_it_ends() {
        // A struct with a map from text to a list of i16, then a trailing byte that is not part of it.
        let mut bytes = vec![kind::MAP, 0, 1, kind::TEXT, kind::LIST, 0, 0, 0, 1];
        bytes.extend([0, 0, 0, 2, b'a', b'b', kind::I16, 0, 0, 0, 2, 0, 1, 0, 2, kind::STOP]);
        let end = bytes.len();
        bytes.push(7);
        let mut scanner = Scanner::of_value(kind::STRUCT, 0, 1 << 20);
        for length in 0..end {
            assert_eq!(scanner.advance(&bytes[..length]), Ok(None), "at {length}");
        }
        assert_eq!(scanner.advance(&bytes), Ok(Some(end)));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let bytes = [kind::LIST, 0, 0, 0, 1].repeat(100_000);
        assert_eq!(end_of(kind::LIST, &bytes), Err(WireError::new("values are nested too deeply")));
        let bytes = [kind::STRUCT, 0, 1].repeat(100_000);
        assert_eq!(end_of(kind::STRUCT, &bytes), Err(WireError::new("values are nested too deeply")));
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_bytes_come() {
        let longer = Err(WireError::new("a value is longer than a message may be"));
        assert_eq!(end_of(kind::TEXT, &i32::MAX.to_be_bytes()), longer);
        assert_eq!(end_of(kind::LIST, &[kind::TEXT, 0x7f, 0, 0, 0]), longer);
        assert_eq!(end_of(kind::MAP, &[kind::TEXT, kind::TEXT, 0x7f, 0, 0, 0]), longer);
    }

    #[test]
    fn negative_lengths_and_unknown_types_are_refused() {
        assert_eq!(end_of(kind::TEXT, &[0xff; 4]), Err(WireError::new("a length is negative")));
        assert_eq!(end_of(kind::LIST, &[1, 0, 0, 0, 1]), Err(WireError::new("a value has an unknown type")));
    }
}
