//! Splits CSV text into records and fields.

use memchr::{memchr, memchr2};
use publish_core::{Error, ErrorKind};

use super::Dialect;
use crate::text::{Fault, ReadError, TextBuffer, count_lines};

/// The most columns a file may have.
const MAX_COLUMNS: usize = 32 * 1024;

const QUOTED: u32 = 1 << 31;

/// A field: its place in the block's text, and whether it was quoted.
#[derive(Clone, Copy, Debug)]
struct Field {
    start: u32,
    end: u32,
}

/// Reads records, block by block.
///
/// A record ends at LF, CRLF or a CR alone. A quote has a meaning only at the start of a field. An empty line is a
/// record where there is one column, since that is how a null is written there, and nothing else where there are more.
pub(crate) struct RecordReader {
    buffer: TextBuffer,
    dialect: Dialect,
    is_plain: [bool; 256],
    width: Option<usize>,
    fields: Vec<Field>,
    escaped: Vec<usize>,
    /// Bytes of the block that was handed out, not yet consumed.
    taken: usize,
    lines: u64,
    rows: u64,
    rows_in_block: usize,
}

/// How the scan of one record ended.
enum Scan {
    /// The record is whole; the next one starts there.
    Whole(usize),
    /// The text ends before the record does.
    Incomplete,
    /// The text ends inside quotes that open there.
    Unclosed(usize),
    /// Behind a closing quote there is more text.
    Stray(usize),
    /// There are too many fields.
    Wide,
}

impl RecordReader {
    /// Reads the text from where the buffer stands. Without a `width`, the first record says how many columns there are.
    pub(crate) fn new(buffer: TextBuffer, dialect: Dialect, width: Option<usize>) -> Self {
        let mut is_plain = [true; 256];
        for byte in [dialect.delimiter, b'\n', b'\r'] {
            is_plain[usize::from(byte)] = false;
        }
        Self {
            buffer,
            dialect,
            is_plain,
            width,
            fields: Vec::new(),
            escaped: Vec::new(),
            taken: 0,
            lines: 0,
            rows: 0,
            rows_in_block: 0,
        }
    }

    /// Reads the first record as names of columns. `None` if there is no record.
    pub(crate) fn read_header(&mut self) -> Result<Option<Vec<String>>, ReadError> {
        let names = if self.next_block(1)? == 0 {
            None
        } else {
            let text = self.text();
            Some((0..self.fields.len()).map(|at| self.value(text, at).0.to_owned()).collect())
        };
        self.rows = 0;
        self.rows_in_block = 0;
        Ok(names)
    }

    /// Columns of the file, once a record was read.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Reads the next records, at most `max_rows` and those that are there. None is the end.
    pub(crate) fn next_block(&mut self, max_rows: usize) -> Result<usize, ReadError> {
        self.pass_block();
        while self.rows_in_block == 0 {
            self.scan_block(max_rows)?;
            if self.rows_in_block > 0 {
                break;
            }
            self.pass_block();
            if self.buffer.is_at_end() {
                break;
            }
            self.buffer.read_on()?;
        }
        Ok(self.rows_in_block)
    }

    /// The block's text, in which its fields lie.
    pub(crate) fn text(&self) -> &str {
        // The buffer holds whole characters, and a block ends behind one.
        std::str::from_utf8(&self.buffer.bytes()[..self.taken]).unwrap_or_default()
    }

    /// The fields of a column, in the order of the block's rows; a null for the null text.
    pub(crate) fn column<'a>(
        &'a self,
        text: &'a str,
        column: usize,
    ) -> impl Iterator<Item = Option<&'a str>> {
        let null_text = self.dialect.null_text.as_str();
        let width = self.width.unwrap_or(1).max(1);
        self.fields.iter().skip(column).step_by(width).map(move |field| {
            let value = field.of(text);
            if !field.is_quoted() && value == null_text { None } else { Some(value) }
        })
    }

    /// Place in the text behind the block.
    pub(crate) fn position(&self) -> u64 {
        self.buffer.position() + self.taken as u64
    }

    /// That a value of the block is none of its column's type.
    pub(crate) fn fault(&self, message: &'static str, row: usize, column: usize) -> Fault {
        let text = self.text();
        let at = row * self.width.unwrap_or(1) + column;
        let field = self.fields.get(at).map_or(0, |field| field.start as usize);
        let line = self.lines + count_lines(&text.as_bytes()[..self.record_start(row).min(field)]);
        Fault::new(message, line, self.rows + row as u64).with_value(self.value(text, at).0)
    }

    fn value<'a>(&self, text: &'a str, at: usize) -> (&'a str, bool) {
        self.fields.get(at).map_or(("", false), |field| (field.of(text), field.is_quoted()))
    }

    /// Where the first field of a record starts, its quote included.
    fn record_start(&self, row: usize) -> usize {
        let field = self.fields[row * self.width.unwrap_or(1)];
        field.start as usize - usize::from(field.is_quoted())
    }

    fn pass_block(&mut self) {
        self.lines += count_lines(&self.buffer.bytes()[..self.taken]);
        self.buffer.consume(self.taken);
        self.taken = 0;
        self.rows += self.rows_in_block as u64;
        self.rows_in_block = 0;
        self.fields.clear();
    }

    fn scan_block(&mut self, max_rows: usize) -> Result<(), ReadError> {
        let mut at = 0;
        while self.rows_in_block < max_rows {
            let bytes = self.buffer.bytes();
            if at == bytes.len() {
                break;
            }
            if matches!(bytes[at], b'\n' | b'\r') && self.width != Some(1) {
                // A CR at the edge may be the first half of a CRLF, and that is one line.
                if bytes[at] == b'\r' && at + 1 == bytes.len() && !self.buffer.is_at_end() {
                    break;
                }
                at += 1;
                self.taken = at;
                continue;
            }
            let first = self.fields.len();
            let mut fields = std::mem::take(&mut self.fields);
            let scan = self.scan_record(at, &mut fields);
            self.fields = fields;
            match scan {
                Scan::Whole(end) => {
                    let found = self.fields.len() - first;
                    let width = *self.width.get_or_insert(found);
                    if found != width {
                        return Err(self.ragged(at, first, width).into());
                    }
                    at = end;
                    self.taken = end;
                    self.rows_in_block += 1;
                    if !self.escaped.is_empty() {
                        self.unescape();
                    }
                }
                Scan::Incomplete => {
                    self.fields.truncate(first);
                    self.escaped.clear();
                    break;
                }
                Scan::Unclosed(quote) => {
                    let message =
                        "A quote is opened and never closed; close it, or set another quote character";
                    return Err(self.broken(message, quote).into());
                }
                Scan::Stray(place) => {
                    let message =
                        "There is text behind a closing quote; double the quotes inside a quoted field";
                    return Err(self.broken(message, place).into());
                }
                Scan::Wide => {
                    return Err(Error::new(
                        ErrorKind::BadData,
                        "A record has more than 32,768 fields; check the delimiter",
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    /// Finds the fields of the record that starts at `at`.
    #[inline]
    fn scan_record(&mut self, at: usize, fields: &mut Vec<Field>) -> Scan {
        let bytes = self.buffer.bytes();
        let is_last = self.buffer.is_at_end();
        let limit = fields.len() + MAX_COLUMNS;
        let Dialect { delimiter, quote, escape, .. } = self.dialect;
        let mut place = at;
        loop {
            if fields.len() == limit {
                return Scan::Wide;
            }
            if bytes.get(place) == Some(&quote) {
                let start = place + 1;
                let mut from = start;
                let mut is_escaped = false;
                let end = loop {
                    let found = match escape {
                        None => memchr(quote, &bytes[from..]),
                        Some(escape) => memchr2(quote, escape, &bytes[from..]),
                    };
                    let Some(found) = found.map(|found| from + found) else {
                        return if is_last { Scan::Unclosed(place) } else { Scan::Incomplete };
                    };
                    let is_escape = bytes[found] != quote;
                    match bytes.get(found + 1) {
                        None if !is_last => return Scan::Incomplete,
                        None if is_escape => return Scan::Unclosed(place),
                        Some(next) if is_escape || *next == quote => {
                            is_escaped = true;
                            from = found + 2;
                        }
                        _ => break found,
                    }
                };
                if is_escaped {
                    self.escaped.push(fields.len());
                }
                fields.push(Field { start: start as u32, end: end as u32 | QUOTED });
                place = end + 1;
                match bytes.get(place) {
                    Some(byte) if *byte == delimiter => {
                        place += 1;
                        continue;
                    }
                    None | Some(b'\n' | b'\r') => {}
                    Some(_) => return Scan::Stray(place),
                }
            } else {
                let start = place;
                place += bytes[place..]
                    .iter()
                    .position(|byte| !self.is_plain[usize::from(*byte)])
                    .unwrap_or(bytes.len() - place);
                if place == bytes.len() && !is_last {
                    return Scan::Incomplete;
                }
                fields.push(Field { start: start as u32, end: place as u32 });
                if bytes.get(place) == Some(&delimiter) {
                    place += 1;
                    continue;
                }
            }
            return match bytes.get(place) {
                None => Scan::Whole(place),
                Some(b'\n') => Scan::Whole(place + 1),
                // A CR at the edge may be the first half of a CRLF.
                Some(_) if place + 1 == bytes.len() && !is_last => Scan::Incomplete,
                Some(_) => Scan::Whole(place + 1 + usize::from(bytes.get(place + 1) == Some(&b'\n'))),
            };
        }
    }

    /// Takes doubled quotes and escapes out of fields, in place. Spaces fill the gap behind, so that the text stays
    /// whole characters.
    fn unescape(&mut self) {
        let Dialect { quote, escape, .. } = self.dialect;
        let bytes = self.buffer.bytes_mut();
        for at in self.escaped.drain(..) {
            let field = &mut self.fields[at];
            let value = &mut bytes[field.start as usize..(field.end & !QUOTED) as usize];
            let (mut from, mut to) = (0, 0);
            while from < value.len() {
                let is_mark = value[from] == quote || Some(value[from]) == escape;
                from += usize::from(is_mark && from + 1 < value.len());
                value[to] = value[from];
                from += 1;
                to += 1;
            }
            value[to..].fill(b' ');
            field.end = (field.start + to as u32) | QUOTED;
        }
    }

    fn ragged(&self, at: usize, first: usize, width: usize) -> Fault {
        let row = self.rows + self.rows_in_block as u64;
        let line = self.lines + count_lines(&self.buffer.bytes()[..at]);
        Fault::new("A record does not have as many fields as there are columns; correct it", line, row)
            .with("expected", format_args!("{width} fields"))
            .with("found", format_args!("{} fields", self.fields.len() - first))
    }

    fn broken(&self, message: &'static str, place: usize) -> Fault {
        let line = self.lines + count_lines(&self.buffer.bytes()[..place]);
        Fault::new(message, line, self.rows + self.rows_in_block as u64)
    }
}

impl Field {
    fn of<'a>(&self, text: &'a str) -> &'a str {
        // Fields end at ASCII characters, so that a field is never cut inside a character.
        text.get(self.start as usize..(self.end & !QUOTED) as usize).unwrap_or_default()
    }

    fn is_quoted(&self) -> bool {
        self.end & QUOTED != 0
    }
}
