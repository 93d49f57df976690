//! JSON records: split from a stream, their fields found by name or by path, their texts kept as they stand.
//!
//! Values are never turned into numbers here, so that a number keeps all its digits.

use std::io::{self, BufRead};

use crate::load::convert::LoadColumn;
use crate::load::json_paths::Path;
use crate::sql::FieldNames;

/// The longest record of the service.
const RECORD_LIMIT: usize = 4 << 20;

/// One record: the line that it ends on and its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonRecord {
    pub(crate) line: u64,
    pub(crate) text: String,
}

/// Splits objects and arrays that stand one after another, with white space between them.
#[derive(Debug)]
pub(crate) struct JsonReader<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> JsonReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, line: 1 }
    }

    /// The line that was read last.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The next record; `Ok(Err)` says what is wrong with it, and nothing can be read behind it.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<JsonRecord, &'static str>>> {
        let mut record = Vec::new();
        let mut depth = 0_usize;
        let mut is_text = false;
        let mut is_escaped = false;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok((!record.is_empty()).then_some(Err("The object is not ended")));
            }
            let mut used = 0;
            let mut is_complete = false;
            for byte in buffer {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                if record.is_empty() {
                    match byte {
                        b'{' | b'[' => {}
                        byte if byte.is_ascii_whitespace() => continue,
                        // A byte order mark may stand at the beginning.
                        0xef | 0xbb | 0xbf if self.line == 1 => continue,
                        _ => return Ok(Some(Err("Not an object or an array"))),
                    }
                }
                record.push(*byte);
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if is_text => is_escaped = true,
                    b'"' => is_text = !is_text,
                    b'{' | b'[' if !is_text => depth += 1,
                    b'}' | b']' if !is_text => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    is_complete = true;
                    break;
                }
            }
            self.input.consume(used);
            if record.len() > RECORD_LIMIT {
                return Ok(Some(Err("The object is longer than 4 MB")));
            }
            if is_complete {
                let Ok(text) = String::from_utf8(record) else { return Ok(Some(Err("Invalid UTF8"))) };
                if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
                    return Ok(Some(Err("Invalid JSON")));
                }
                return Ok(Some(Ok(JsonRecord { line: self.line, text })));
            }
        }
    }
}

/// The text of each column's field; `None` is a null. A field that no column has is left out.
pub(crate) fn fields_of(
    record: &str,
    columns: &[LoadColumn],
    names: &FieldNames,
    paths: &[Path],
) -> Result<Vec<Option<String>>, &'static str> {
    if *names == FieldNames::NoShred {
        return Ok(vec![Some(record.to_owned())]);
    }
    if !paths.is_empty() {
        let found = columns.iter().zip(paths);
        return Ok(found.map(|(column, path)| text_of(path.find(record)?, column)).collect());
    }
    let members = members(record).ok_or("Invalid JSONPath format. Not an object")?;
    let is_folded = *names == FieldNames::AutoIgnoreCase;
    let field = |column: &LoadColumn| {
        let is_wanted = |name: &str| {
            if is_folded { name.eq_ignore_ascii_case(&column.name) } else { name == column.name }
        };
        let (_, value) = members.iter().rev().find(|(name, _)| is_wanted(name))?;
        text_of(value, column)
    };
    Ok(columns.iter().map(field).collect())
}

/// The members of an object, each with the text of its value; `None` if it isn't one. The text must be valid JSON.
pub(crate) fn members(text: &str) -> Option<Vec<(String, &str)>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    split(inner)
        .into_iter()
        .map(|member| {
            let end = end_of_string(member)?;
            let name = serde_json::from_str(&member[..end]).ok()?;
            Some((name, member[end..].trim_start().strip_prefix(':')?.trim()))
        })
        .collect()
}

/// The elements of an array; `None` if it isn't one. The text must be valid JSON.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    Some(split(text.trim().strip_prefix('[')?.strip_suffix(']')?))
}

/// JSON without the white space between its parts.
pub(crate) fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut is_text, mut is_escaped) = (false, false);
    for character in text.chars() {
        if is_text || !character.is_ascii_whitespace() {
            compact.push(character);
        }
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ => {}
        }
    }
    compact
}

/// Splits at the commas that stand in no string, array or object.
fn split(inner: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth -= 1,
            b',' if !is_text && depth == 0 => {
                parts.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = inner[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A value as text: strings as they are, complex values as JSON.
fn text_of(value: &str, column: &LoadColumn) -> Option<String> {
    if value == "null" {
        return None;
    }
    if value.starts_with('"') && !column.is_super() {
        return serde_json::from_str(value).ok();
    }
    Some(compact(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_split_and_counted_by_lines() {
        let text = "{\"a\": \"}\\\"\"}\n\n {\"b\":\n[1]} [2]\n7";
        let mut reader = JsonReader::new(text.as_bytes());
        let mut next =
            || reader.next().unwrap().map(|record| record.map(|record| (record.line, record.text)));
        assert_eq!(next().unwrap().unwrap(), (1, "{\"a\": \"}\\\"\"}".to_owned()));
        assert_eq!(next().unwrap().unwrap(), (4, "{\"b\":\n[1]}".to_owned()));
        assert_eq!(next().unwrap().unwrap(), (4, "[2]".to_owned()));
        assert!(next().unwrap().is_err());
        assert!(JsonReader::new(&b"{\"a\": "[..]).next().unwrap().unwrap().is_err());
        assert!(JsonReader::new(&b"{a: 1}"[..]).next().unwrap().unwrap().is_err());
        assert!(JsonReader::new(&b" \n"[..]).next().unwrap().is_none());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let record = r#"{"a": 12345678901234567890.123456789, "s": {"x": [1.10, "q, }"]}, "n": null}"#;
        let column = |name, kind| LoadColumn::new(name, kind, false).unwrap();
        let columns = [column("a", "numeric(38,9)"), column("s", "super"), column("n", "integer")];
        let fields = fields_of(record, &columns, &FieldNames::Auto, &[]).unwrap();
        assert_eq!(fields[0].as_deref(), Some("12345678901234567890.123456789"));
        assert_eq!(fields[1].as_deref(), Some(r#"{"x":[1.10,"q, }"]}"#));
        assert_eq!(fields[2], None);
        assert!(fields_of("[1]", &columns, &FieldNames::Auto, &[]).is_err());
    }
}
