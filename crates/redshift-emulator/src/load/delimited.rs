//! CSV and delimited text: one record after another, as text and as fields.

use std::io::{self, BufRead};

/// The longest record of the service.
const RECORD_LIMIT: usize = 4 << 20;

/// What quotes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// They are characters as any.
    None,
    /// CSV: they enclose fields, which may have delimiters, newlines and doubled quotes.
    Csv(u8),
    /// REMOVEQUOTES: single or double ones around a field are taken away, delimiters between them are kept.
    Removed,
}

/// Reads records.
#[derive(Debug)]
pub(crate) struct DelimitedReader<R> {
    input: R,
    delimiter: u8,
    quoting: Quoting,
    /// Whether a backslash takes the meaning from what follows it.
    is_escaped: bool,
    line: u64,
}

/// One record: where it begins, its bytes and its fields, in which escapes still stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) line: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) fields: Vec<Vec<u8>>,
    /// Whether a quote isn't closed.
    pub(crate) is_unended: bool,
}

impl<R: BufRead> DelimitedReader<R> {
    pub(crate) fn new(input: R, delimiter: u8, quoting: Quoting, is_escaped: bool) -> Self {
        Self { input, delimiter, quoting, is_escaped, line: 0 }
    }

    /// The next record; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        let mut raw = Vec::new();
        let first_line = self.line + 1;
        loop {
            let before = raw.len();
            io::Read::take(&mut self.input, RECORD_LIMIT as u64).read_until(b'\n', &mut raw)?;
            if raw.len() > RECORD_LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a record is longer than 4 MB"));
            }
            if raw.len() == before {
                break;
            }
            self.line += 1;
            if !self.goes_on(&raw) {
                break;
            }
        }
        if raw.is_empty() {
            return Ok(None);
        }
        if raw.last() == Some(&b'\n') {
            raw.pop();
            if raw.last() == Some(&b'\r') {
                raw.pop();
            }
        }
        let (fields, is_unended) = self.split(&raw);
        Ok(Some(Record { line: first_line, raw, fields, is_unended }))
    }

    /// Whether the newline at the end belongs to a field.
    fn goes_on(&self, raw: &[u8]) -> bool {
        if let Quoting::Csv(quote) = self.quoting {
            return !raw.iter().filter(|byte| **byte == quote).count().is_multiple_of(2);
        }
        let ending = raw.strip_suffix(b"\n").unwrap_or(raw);
        let escapes = ending.iter().rev().take_while(|byte| **byte == b'\\').count();
        self.is_escaped && raw.ends_with(b"\n") && !escapes.is_multiple_of(2)
    }

    fn split(&self, raw: &[u8]) -> (Vec<Vec<u8>>, bool) {
        let mut fields = Vec::new();
        let mut field = Vec::new();
        // The quote that the field is in.
        let mut open = None;
        let mut is_closed = false;
        let mut at = 0;
        while let Some(&byte) = raw.get(at) {
            let is_quote = match self.quoting {
                Quoting::None => false,
                Quoting::Csv(quote) => byte == quote,
                Quoting::Removed => match open {
                    Some(quote) => byte == quote,
                    None => field.is_empty() && !is_closed && matches!(byte, b'"' | b'\''),
                },
            };
            let is_doubled = matches!(self.quoting, Quoting::Csv(_)) && raw.get(at + 1) == Some(&byte);
            if self.is_escaped && byte == b'\\' {
                field.push(byte);
                field.extend(raw.get(at + 1));
                at += 1;
            } else if is_quote && open.is_some() && is_doubled {
                field.push(byte);
                at += 1;
            } else if is_quote {
                is_closed = open.is_some();
                open = if open.is_some() { None } else { Some(byte) };
            } else if byte == self.delimiter && open.is_none() {
                fields.push(std::mem::take(&mut field));
                is_closed = false;
            } else {
                field.push(byte);
            }
            at += 1;
        }
        fields.push(field);
        (fields, open.is_some())
    }
}

/// A field without its escapes: what follows a backslash stands for itself.
pub(crate) fn unescape(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => text.extend(bytes.next()),
            byte => text.push(*byte),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &[u8], quoting: Quoting, is_escaped: bool) -> Vec<Vec<u8>> {
        DelimitedReader::new(text, b'|', quoting, is_escaped).next().unwrap().unwrap().fields
    }

    #[test]
    fn a_quoted_field_holds_delimiters_quotes_and_newlines() {
        let text = &b"1,\"a,\"\"b\"\"\nc\"\r\n\n2,\n"[..];
        let mut reader = DelimitedReader::new(text, b',', Quoting::Csv(b'"'), false);
        let record = reader.next().unwrap().unwrap();
        assert_eq!(record.line, 1);
        assert_eq!(record.fields, [b"1".to_vec(), b"a,\"b\"\nc".to_vec()]);
        assert_eq!(reader.next().unwrap().unwrap().raw, b"");
        let record = reader.next().unwrap().unwrap();
        assert_eq!((record.line, record.fields), (4, vec![b"2".to_vec(), Vec::new()]));
        assert_eq!(reader.next().unwrap(), None);
    }

    #[test]
    fn delimited_text_knows_no_quotes() {
        assert_eq!(fields(b"a|\"b\n", Quoting::None, false), [b"a".to_vec(), b"\"b".to_vec()]);
    }

    #[test]
    fn a_backslash_takes_the_meaning_from_delimiters_and_newlines() {
        let text = b"a\\|b|c\\\nd|e\\\\\n";
        let found = fields(text, Quoting::None, true);
        let texts: Vec<_> = found.iter().map(|field| unescape(field)).collect();
        assert_eq!(texts, [b"a|b".to_vec(), b"c\nd".to_vec(), b"e\\".to_vec()]);
        assert_eq!(fields(text, Quoting::None, false).len(), 3);
    }

    #[test]
    fn quotes_around_a_field_are_taken_away() {
        let found = fields(b"'a|b'|\"c'd\"|e\"f|''\n", Quoting::Removed, false);
        assert_eq!(found, [b"a|b".to_vec(), b"c'd".to_vec(), b"e\"f".to_vec(), Vec::new()]);
        let mut reader = DelimitedReader::new(&b"'a|b\n"[..], b'|', Quoting::Removed, false);
        assert!(reader.next().unwrap().unwrap().is_unended);
    }
}
