//! What is wrong with a record, and where.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use futures::StreamExt;
use publish_core::{Error, ErrorKind, FileMeta, Result, Storage};

use super::count_lines;

/// Characters of a value that an error shows.
const SHOWN_CHARS: usize = 64;

/// What is wrong with a record. Its line and row are counted from the start of the part that is read.
#[derive(Debug)]
pub(crate) struct Fault {
    message: &'static str,
    line: u64,
    row: u64,
    context: Vec<(&'static str, String)>,
}

/// Why a part can't be read: a record is at fault, or the file as a whole.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// A record is at fault.
    Fault(Fault),
    /// The file or its storage is.
    Other(Error),
}

impl Fault {
    /// Creates a fault of the record before which there are `line` lines and `row` records.
    pub(crate) fn new(message: &'static str, line: u64, row: u64) -> Self {
        Self { message, line, row, context: Vec::new() }
    }

    /// Adds one `key: value` of context.
    pub(crate) fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.context.push((key, value.to_string()));
        self
    }

    /// Adds a value, cut to a length that can be read.
    pub(crate) fn with_value(self, value: &str) -> Self {
        match value.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => self.with("value", format_args!("{:?}…", &value[..end])),
            None => self.with("value", format_args!("{value:?}")),
        }
    }

    fn into_error(self, lines_before: u64, rows_before: Option<u64>) -> Error {
        let mut error =
            Error::new(ErrorKind::BadData, self.message).with_context("line", lines_before + self.line + 1);
        if let Some(before) = rows_before {
            error = error.with_context("row", before + self.row + 1);
        }
        self.context.into_iter().fold(error, |error, (key, value)| error.with_context(key, value))
    }
}

impl ReadError {
    /// The error of a file that is read from its start.
    pub(crate) fn in_whole(self, file: &FileMeta) -> Error {
        self.in_part(file, Some(0), || Ok(0))
    }

    /// The error of a part. `lines_before` is asked only if a record is at fault.
    pub(crate) fn in_part(
        self,
        file: &FileMeta,
        rows_before: Option<u64>,
        lines_before: impl FnOnce() -> Result<u64>,
    ) -> Error {
        match self {
            Self::Fault(fault) => match lines_before() {
                Ok(lines) => fault.into_error(lines, rows_before).with_context("file", &file.location),
                Err(error) => error,
            },
            Self::Other(error) => {
                let is_named = error.context().iter().any(|(key, _)| matches!(*key, "file" | "location"));
                if is_named { error } else { error.with_context("file", &file.location) }
            }
        }
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Counts the lines before a part by reading the file up to it. Only a fault is worth that.
pub(crate) async fn lines_before(storage: &Arc<dyn Storage>, file: &FileMeta, start: u64) -> Result<u64> {
    if start == 0 {
        return Ok(0);
    }
    let mut chunks = storage.stream(&file.location, 0..start).await?;
    let (mut lines, mut ends_in_cr) = (0, false);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if chunk.is_empty() {
            continue;
        }
        lines += count_lines(&chunk);
        // A CRLF that is cut in two is one line end.
        lines -= u64::from(ends_in_cr && chunk.starts_with(b"\n"));
        ends_in_cr = chunk.ends_with(b"\r");
    }
    Ok(lines)
}

/// What a text must be to be read as a type, for people.
pub(crate) fn expectation(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "true or false".to_owned(),
        DataType::Float32 | DataType::Float64 => {
            format!("a number that {data_type} keeps to the last digit")
        }
        DataType::Decimal128(precision, scale) => {
            format!("a number that decimal({precision},{scale}) holds exactly")
        }
        DataType::Date32 | DataType::Date64 => "a date such as 2026-01-31".to_owned(),
        DataType::Time32(unit) | DataType::Time64(unit) => {
            format!("a time such as 23:59:59, exact in {}", unit_name(*unit))
        }
        DataType::Timestamp(unit, None) => {
            format!("a timestamp such as 2026-01-31 23:59:59 without a zone, exact in {}", unit_name(*unit))
        }
        DataType::Timestamp(unit, Some(_)) => {
            format!("a timestamp with its zone such as 2026-01-31T23:59:59Z, exact in {}", unit_name(*unit))
        }
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            "bytes as pairs of hexadecimal digits".to_owned()
        }
        DataType::Null => "no value".to_owned(),
        DataType::Struct(_) => "a JSON object".to_owned(),
        DataType::List(_) | DataType::LargeList(_) => "a JSON array".to_owned(),
        DataType::Map(..) => "a JSON object".to_owned(),
        other => format!("an integer that {other} holds"),
    }
}

fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}
