//! Finds the records of a JSON file: one a line, or the values of one array.

use memchr::{memchr, memchr2};

use super::parser::Syntax;
use crate::text::{Fault, ReadError, TextBuffer, count_lines};

/// Characters around a place of broken JSON that an error shows.
const SHOWN_CHARS: usize = 32;

/// Reads records one by one.
pub(super) struct RecordReader {
    buffer: TextBuffer,
    layout: Layout,
    /// Bytes of the record that was handed out, not yet consumed.
    taken: usize,
    /// End of the record's own text.
    end: usize,
    lines: u64,
    rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Lines,
    /// In the array, before its first value.
    ArrayStart,
    /// In the array, behind a value.
    Array,
    /// Behind the array.
    ArrayEnd,
}

impl RecordReader {
    /// Starts a file: the first byte that is no space tells whether it is an array.
    pub(super) fn new(mut buffer: TextBuffer) -> Result<Self, ReadError> {
        buffer.skip_mark()?;
        let mut reader = Self::of_lines(buffer);
        reader.pass_space()?;
        if reader.buffer.bytes().first() == Some(&b'[') {
            reader.buffer.consume(1);
            reader.layout = Layout::ArrayStart;
        }
        Ok(reader)
    }

    /// Starts behind a line's end.
    pub(super) fn of_lines(buffer: TextBuffer) -> Self {
        Self { buffer, layout: Layout::Lines, taken: 0, end: 0, lines: 0, rows: 0 }
    }

    /// Whether the file is one array, and so can't be cut.
    pub(super) fn is_array(&self) -> bool {
        self.layout != Layout::Lines
    }

    /// Finds the next record. `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool, ReadError> {
        if self.taken > 0 {
            self.pass(self.taken);
            self.rows += 1;
            self.taken = 0;
        }
        if self.layout == Layout::Lines { self.next_line() } else { self.next_value() }
    }

    /// The record's text.
    pub(super) fn text(&self) -> &str {
        // The buffer holds whole characters, and a record ends behind one.
        std::str::from_utf8(&self.buffer.bytes()[..self.end]).unwrap_or_default()
    }

    /// Place in the file behind the record.
    pub(super) fn position(&self) -> u64 {
        self.buffer.position() + self.taken as u64
    }

    /// That something is wrong with the record.
    pub(super) fn fault(&self, message: &'static str) -> Fault {
        Fault::new(message, self.lines, self.rows)
    }

    /// That the record is no JSON.
    pub(super) fn broken(&self, syntax: Syntax) -> Fault {
        let text = self.text();
        let line = self.lines + count_lines(&text.as_bytes()[..syntax.at]);
        let found: String = text.get(syntax.at..).unwrap_or_default().chars().take(SHOWN_CHARS).collect();
        let fault = Fault::new("The record is no JSON that can be read; correct it", line, self.rows)
            .with("reason", syntax.message);
        if found.is_empty() {
            fault.with("found", "the end")
        } else {
            fault.with("found", format_args!("{found:?}"))
        }
    }

    fn next_line(&mut self) -> Result<bool, ReadError> {
        let mut searched = 0;
        loop {
            let bytes = self.buffer.bytes();
            let end = match memchr(b'\n', &bytes[searched..]) {
                Some(at) => searched + at,
                None if !self.buffer.is_at_end() => {
                    searched = bytes.len();
                    self.buffer.read_on()?;
                    continue;
                }
                None => bytes.len(),
            };
            let taken = (end + 1).min(bytes.len());
            if bytes[..end].iter().any(|byte| !is_space(*byte)) {
                self.end = end;
                self.taken = taken;
                return Ok(true);
            }
            if taken == 0 {
                return Ok(false);
            }
            self.pass(taken);
            searched = 0;
        }
    }

    fn next_value(&mut self) -> Result<bool, ReadError> {
        self.pass_space()?;
        if self.layout == Layout::Array && self.buffer.bytes().first() == Some(&b',') {
            self.buffer.consume(1);
            self.pass_space()?;
        } else {
            match self.buffer.bytes().first() {
                None if self.layout == Layout::ArrayEnd => return Ok(false),
                Some(b']') if self.layout != Layout::ArrayEnd => {
                    self.buffer.consume(1);
                    self.layout = Layout::ArrayEnd;
                    return self.next_value();
                }
                Some(_) if self.layout == Layout::ArrayStart => {}
                None => {
                    return Err(self
                        .fault("The array is not closed; the file is most likely cut off")
                        .into());
                }
                Some(_) if self.layout == Layout::ArrayEnd => {
                    return Err(self
                        .fault("There is text behind the array; write one value a line, or one array")
                        .into());
                }
                Some(_) => {
                    return Err(self.fault("A comma or the array's end is expected behind a record").into());
                }
            }
        }
        self.layout = Layout::Array;
        loop {
            let bytes = self.buffer.bytes();
            if bytes.first().is_some_and(|byte| *byte != b'{') {
                return Err(self.fault("The values of the array must be objects; correct it").into());
            }
            match object_end(bytes) {
                Some(end) => {
                    self.end = end;
                    self.taken = end;
                    return Ok(true);
                }
                None if self.buffer.is_at_end() => {
                    return Err(self
                        .fault("The record is not closed; the file is most likely cut off")
                        .into());
                }
                None => self.buffer.read_on()?,
            }
        }
    }

    fn pass_space(&mut self) -> Result<(), ReadError> {
        loop {
            let bytes = self.buffer.bytes();
            let count = bytes.iter().position(|byte| !is_space(*byte)).unwrap_or(bytes.len());
            let is_done = count < bytes.len() || self.buffer.is_at_end();
            self.pass(count);
            if is_done {
                return Ok(());
            }
            self.buffer.read_on()?;
        }
    }

    fn pass(&mut self, count: usize) {
        self.lines += memchr::memchr_iter(b'\n', &self.buffer.bytes()[..count]).count() as u64;
        self.buffer.consume(count);
    }
}

/// Where the object at the start of a text ends, if it does.
fn object_end(bytes: &[u8]) -> Option<usize> {
    let mut depth: usize = 0;
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))?;
        match bytes[at] {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => depth += 1,
            _ => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
        }
        at += 1;
    }
}

/// Where the quote is that ends a string.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}
