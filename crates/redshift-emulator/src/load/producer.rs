//! Reads all files of a load and makes rows in PostgreSQL's text format. Blocks.

use std::io::BufRead;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::load::avro::physical;
use crate::load::convert::LoadColumn;
use crate::load::delimited::DelimitedReader;
use crate::load::files::{FileName, find_files, open_file, unreadable};
use crate::load::json::fields_of;
use crate::objects::ObjectStore;
use crate::sql::{CopyCommand, FieldNames, Format};
use crate::wire::Report;

/// Rows are handed over in parts of about this size.
const PART: usize = 256 << 10;

/// Makes the rows of one load.
#[derive(Debug)]
pub(crate) struct Producer<'load> {
    pub(crate) copy: &'load CopyCommand,
    pub(crate) columns: &'load [LoadColumn],
    /// Where rows go; nowhere when they are only checked.
    pub(crate) rows: Option<Sender<Bytes>>,
    pub(crate) loaded: Loaded,
    part: Vec<u8>,
}

/// What a load has come to.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) rows: u64,
    pub(crate) files: Vec<(String, u64)>,
    pub(crate) errors: Vec<LoadError>,
}

/// A value or a record that can't be loaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoadError {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) column: String,
    pub(crate) type_name: String,
    pub(crate) raw_line: String,
    pub(crate) raw_value: String,
    pub(crate) code: i32,
    pub(crate) reason: String,
}

/// Why a load ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The rows have too many errors.
    TooManyErrors,
    /// Something else is wrong.
    Refused(Report),
    /// Nobody takes the rows any more.
    Gone,
}

impl<'load> Producer<'load> {
    pub(crate) fn new(
        copy: &'load CopyCommand,
        columns: &'load [LoadColumn],
        rows: Option<Sender<Bytes>>,
    ) -> Self {
        Self { copy, columns, rows, loaded: Loaded::default(), part: Vec::new() }
    }

    /// Reads all files.
    pub(crate) fn run(&mut self, objects: &dyn ObjectStore) -> Result<(), Stop> {
        for file in find_files(objects, self.copy).map_err(Stop::Refused)? {
            let before = self.loaded.rows;
            let input = open_file(objects, self.copy, &file).map_err(Stop::Refused)?;
            match &self.copy.format {
                Format::Csv => self.read_text(&file, input, self.copy.delimiter.unwrap_or(b','), true)?,
                Format::Delimited => {
                    self.read_text(&file, input, self.copy.delimiter.unwrap_or(b'|'), false)?
                }
                Format::Json(names) => self.read_json(&file, input, names)?,
                Format::Avro(names) => self.read_avro(&file, input, names)?,
                Format::FixedWidth(_) | Format::Parquet { .. } => {
                    return Err(Stop::Refused(Report::not_emulated("COPY from this format")));
                }
            }
            self.loaded.files.push((file.url(), self.loaded.rows - before));
        }
        self.hand_over(0)
    }

    fn read_text(
        &mut self,
        file: &FileName,
        input: impl BufRead,
        delimiter: u8,
        is_csv: bool,
    ) -> Result<(), Stop> {
        let mut reader = DelimitedReader::new(input, delimiter, is_csv.then_some(self.copy.quote));
        let mut header = self.copy.ignore_header;
        while let Some(record) = reader.next().map_err(|error| Stop::Refused(unreadable(&error)))? {
            if header > 0 {
                header -= 1;
                continue;
            }
            if record.raw.is_empty() && self.copy.has("ignoreblanklines") {
                continue;
            }
            let raw = String::from_utf8_lossy(&record.raw).into_owned();
            let error = |code, reason: &str| LoadError {
                file: file.url(),
                line: record.line,
                raw_line: raw.clone(),
                code,
                reason: reason.to_owned(),
                ..LoadError::default()
            };
            let wanted = self.columns.len();
            if record.fields.len() > wanted {
                self.reject(error(1202, "Extra column(s) found"))?;
                continue;
            }
            if record.fields.len() < wanted && !self.copy.has("fillrecord") {
                self.reject(error(1203, "Delimiter not found"))?;
                continue;
            }
            let mut texts = Vec::with_capacity(wanted);
            let mut is_bad = false;
            for field in record.fields {
                match String::from_utf8(field) {
                    Ok(text) => texts.push(Some(text)),
                    Err(bad) => match self.copy.invalid_replacement {
                        Some(replacement) => texts.push(Some(replaced(bad.as_bytes(), replacement))),
                        None => is_bad = true,
                    },
                }
            }
            if is_bad {
                self.reject(error(1220, "String contains invalid or unsupported UTF8 codepoints"))?;
                continue;
            }
            texts.resize(wanted, None);
            self.add(file, record.line, &raw, texts, true)?;
        }
        Ok(())
    }

    fn read_json(&mut self, file: &FileName, input: impl BufRead, names: &FieldNames) -> Result<(), Stop> {
        for (at, value) in serde_json::Deserializer::from_reader(input).into_iter::<Value>().enumerate() {
            let line = at as u64 + 1;
            match value {
                Ok(value) if value.is_object() || value.is_array() => {
                    let texts = fields_of(&value, self.columns, names);
                    self.add(file, line, &value.to_string(), texts, false)?;
                }
                Ok(_) => self.reject(json_error(file, line, "Invalid JSONPath format. Not a object"))?,
                // What follows can't be read either.
                Err(error) => {
                    return self.reject(json_error(file, line, &format!("Invalid value: {error}")));
                }
            }
        }
        Ok(())
    }

    fn read_avro(&mut self, file: &FileName, input: impl BufRead, names: &FieldNames) -> Result<(), Stop> {
        let failed = |error: apache_avro::Error| {
            Stop::Refused(Report::error("XX000", format!("Invalid AVRO file found: {error}")))
        };
        let reader = apache_avro::Reader::new(input).map_err(failed)?;
        for (at, value) in reader.enumerate() {
            let value = physical(value.map_err(failed)?);
            let texts = fields_of(&value, self.columns, names);
            self.add(file, at as u64 + 1, &value.to_string(), texts, false)?;
        }
        Ok(())
    }

    /// Adds a row, unless one of its values is refused.
    fn add(
        &mut self,
        file: &FileName,
        line: u64,
        raw: &str,
        texts: Vec<Option<String>>,
        has_null_text: bool,
    ) -> Result<(), Stop> {
        let start = self.part.len();
        for (column, text) in self.columns.iter().zip(texts) {
            let raw_value = text.clone().unwrap_or_default();
            let result = match text.filter(|text| !self.is_null(text, column, has_null_text)) {
                Some(text) => column.convert(&text, self.copy),
                None => Ok(None),
            };
            let result = match result {
                Ok(None) if column.is_required => Err((1213, "Missing data for not-null field".to_owned())),
                result => result,
            };
            match result {
                Ok(value) => self.put(value.as_deref()),
                Err((code, reason)) => {
                    self.part.truncate(start);
                    return self.reject(LoadError {
                        file: file.url(),
                        line,
                        column: column.name.clone(),
                        type_name: column.type_name.clone(),
                        raw_line: raw.to_owned(),
                        raw_value,
                        code,
                        reason,
                    });
                }
            }
        }
        self.part.pop();
        self.part.push(b'\n');
        self.loaded.rows += 1;
        self.hand_over(PART)
    }

    fn is_null(&self, text: &str, column: &LoadColumn, has_null_text: bool) -> bool {
        let is_null_text = has_null_text && text == self.copy.null_as.as_deref().unwrap_or("\\N");
        let is_empty = text.is_empty() && (!column.is_character() || self.copy.has("emptyasnull"));
        let is_blank = self.copy.has("blanksasnull") && !text.is_empty() && text.trim().is_empty();
        is_null_text || is_empty || is_blank
    }

    fn put(&mut self, value: Option<&str>) {
        match value {
            None => self.part.extend_from_slice(b"\\N"),
            Some(text) => {
                let text = if self.copy.has("trimblanks") { text.trim_end_matches(' ') } else { text };
                for byte in text.bytes() {
                    match byte {
                        b'\\' => self.part.extend_from_slice(b"\\\\"),
                        b'\n' => self.part.extend_from_slice(b"\\n"),
                        b'\r' => self.part.extend_from_slice(b"\\r"),
                        b'\t' => self.part.extend_from_slice(b"\\t"),
                        byte => self.part.push(byte),
                    }
                }
            }
        }
        self.part.push(b'\t');
    }

    fn hand_over(&mut self, least: usize) -> Result<(), Stop> {
        if self.part.len() < least.max(1) {
            return Ok(());
        }
        let part = std::mem::take(&mut self.part);
        match &self.rows {
            Some(rows) => rows.blocking_send(part.into()).map_err(|_| Stop::Gone),
            None => Ok(()),
        }
    }

    fn reject(&mut self, error: LoadError) -> Result<(), Stop> {
        self.loaded.errors.push(error);
        let limit = self.copy.max_error.max(1);
        let is_over = self.loaded.errors.len() as u64 >= limit && !self.copy.has("ignoreallerrors");
        if is_over { Err(Stop::TooManyErrors) } else { Ok(()) }
    }
}

fn json_error(file: &FileName, line: u64, reason: &str) -> LoadError {
    LoadError { file: file.url(), line, code: 1224, reason: reason.to_owned(), ..LoadError::default() }
}

/// Text with each invalid byte replaced.
fn replaced(bytes: &[u8], replacement: u8) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::from(replacement)));
    }
    text
}
