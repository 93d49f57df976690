//! Rows of CSV, delimited text and text of fixed widths.

use std::io::BufRead;

use crate::load::delimited::{DelimitedReader, Quoting, Record, unescape};
use crate::load::files::{FileName, unreadable};
use crate::load::producer::{LoadError, Producer, Stop};
use crate::sql::Format;

/// Reads the rows of one file.
pub(crate) fn read_text(
    producer: &mut Producer<'_>,
    file: &FileName,
    input: impl BufRead,
) -> Result<(), Stop> {
    let copy = producer.copy;
    let is_escaped = copy.has("escape");
    let (delimiter, quoting) = match copy.format {
        Format::Csv => (copy.delimiter.unwrap_or(b','), Quoting::Csv(copy.quote)),
        _ if copy.has("removequotes") => (copy.delimiter.unwrap_or(b'|'), Quoting::Removed),
        _ => (copy.delimiter.unwrap_or(b'|'), Quoting::None),
    };
    let widths: Option<Vec<usize>> = match &copy.format {
        Format::FixedWidth(columns) => Some(columns.iter().map(|(_, width)| *width).collect()),
        _ => None,
    };
    let mut reader = DelimitedReader::new(input, delimiter, quoting, is_escaped);
    let mut header = copy.ignore_header;
    loop {
        let record = reader.next().map_err(|error| Stop::Refused(unreadable(&error)))?;
        let Some(mut record) = record else { return Ok(()) };
        if header > 0 {
            header -= 1;
            continue;
        }
        if record.raw.is_empty() && copy.has("ignoreblanklines") {
            continue;
        }
        if let Some(widths) = &widths {
            record.fields = cut_by_widths(&record.raw, widths);
        }
        add_record(producer, file, record)?;
    }
}

fn add_record(producer: &mut Producer<'_>, file: &FileName, record: Record) -> Result<(), Stop> {
    let copy = producer.copy;
    let raw = String::from_utf8_lossy(&record.raw).into_owned();
    let line = record.line;
    let error = |code, reason: &str| LoadError {
        file: file.url(),
        line,
        raw_line: raw.clone(),
        code,
        reason: reason.to_owned(),
        ..LoadError::default()
    };
    if record.is_unended {
        return producer.reject(error(1214, "Delimiter not found"));
    }
    let wanted = producer.columns.len();
    if record.fields.len() > wanted {
        return producer.reject(error(1202, "Extra column(s) found"));
    }
    if record.fields.len() < wanted && !copy.has("fillrecord") {
        return producer.reject(error(1203, "Delimiter not found"));
    }
    let null_text = copy.null_as.as_deref().unwrap_or("\\N").as_bytes();
    let mut texts = Vec::with_capacity(wanted);
    for field in record.fields {
        if field == null_text {
            texts.push(None);
            continue;
        }
        let field = if copy.has("escape") { unescape(&field) } else { field };
        match (String::from_utf8(field), copy.invalid_replacement) {
            (Ok(text), _) => texts.push(Some(text)),
            (Err(bad), Some(replacement)) => texts.push(Some(replaced(bad.as_bytes(), replacement))),
            (Err(_), None) => {
                let reason = "String contains invalid or unsupported UTF8 codepoints";
                return producer.reject(error(1220, reason));
            }
        }
    }
    texts.resize(wanted, None);
    producer.add(file, line, &raw, texts)
}

/// The fields of a line whose columns have fixed widths in bytes; blanks at their ends are filling.
fn cut_by_widths(line: &[u8], widths: &[usize]) -> Vec<Vec<u8>> {
    let mut rest = line;
    let mut fields = Vec::with_capacity(widths.len());
    for width in widths {
        if rest.is_empty() {
            break;
        }
        let (field, behind) = rest.split_at((*width).min(rest.len()));
        fields.push(field.trim_ascii_end().to_vec());
        rest = behind;
    }
    if !rest.trim_ascii_end().is_empty() {
        fields.push(rest.to_vec());
    }
    fields
}

/// Text with each invalid byte replaced.
pub(crate) fn replaced(bytes: &[u8], replacement: u8) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::from(replacement)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_its_widths() {
        assert_eq!(cut_by_widths(b"1  ab cde", &[3, 3, 3]), [b"1".to_vec(), b"ab".to_vec(), b"cde".to_vec()]);
        assert_eq!(cut_by_widths(b"1  ab", &[3, 3, 3]).len(), 2);
        assert_eq!(cut_by_widths(b"123456x", &[3, 3]).len(), 3);
        assert_eq!(cut_by_widths(b"123456  ", &[3, 3]).len(), 2);
    }
}
