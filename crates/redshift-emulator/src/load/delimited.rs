//! CSV and delimited text: one record after another, as text and as fields.

use std::io::{self, BufRead};

/// The longest record of the service.
const RECORD_LIMIT: usize = 4 << 20;

/// Reads records.
#[derive(Debug)]
pub(crate) struct DelimitedReader<R> {
    input: R,
    delimiter: u8,
    /// The quote of CSV; `None` for delimited text.
    quote: Option<u8>,
    line: u64,
}

/// One record: where it begins, its bytes and its fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) line: u64,
    pub(crate) raw: Vec<u8>,
    pub(crate) fields: Vec<Vec<u8>>,
}

impl<R: BufRead> DelimitedReader<R> {
    pub(crate) fn new(input: R, delimiter: u8, quote: Option<u8>) -> Self {
        Self { input, delimiter, quote, line: 0 }
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
            let quotes = self.quote.map_or(0, |quote| raw.iter().filter(|byte| **byte == quote).count());
            if quotes.is_multiple_of(2) {
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
        let fields = self.split(&raw);
        Ok(Some(Record { line: first_line, raw, fields }))
    }

    fn split(&self, raw: &[u8]) -> Vec<Vec<u8>> {
        let mut fields = Vec::new();
        let mut field = Vec::new();
        let mut is_quoted = false;
        let mut at = 0;
        while let Some(&byte) = raw.get(at) {
            let is_quote = self.quote == Some(byte);
            if is_quote && is_quoted && raw.get(at + 1) == Some(&byte) {
                field.push(byte);
                at += 1;
            } else if is_quote {
                is_quoted = !is_quoted;
            } else if byte == self.delimiter && !is_quoted {
                fields.push(std::mem::take(&mut field));
            } else {
                field.push(byte);
            }
            at += 1;
        }
        fields.push(field);
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_field_holds_delimiters_quotes_and_newlines() {
        let mut reader = DelimitedReader::new(&b"1,\"a,\"\"b\"\"\nc\"\r\n\n2,\n"[..], b',', Some(b'"'));
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
        let mut reader = DelimitedReader::new(&b"a|\"b\n"[..], b'|', None);
        assert_eq!(reader.next().unwrap().unwrap().fields, [b"a".to_vec(), b"\"b".to_vec()]);
    }
}
