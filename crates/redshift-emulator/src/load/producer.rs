//! Reads all files of a load and makes rows. Blocks.

use std::io::BufRead;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use crate::load::avro::physical;
use crate::load::avro_container::check_container;
use crate::load::columnar::read_parquet;
use crate::load::convert::LoadColumn;
use crate::load::files::{FileName, find_files, open_file, read_paths, unreadable};
use crate::load::json::{JsonReader, fields_of};
use crate::load::json_paths::Path;
use crate::load::progress::Progress;
use crate::load::rows::RowWriter;
use crate::load::text::read_text;
use crate::objects::ObjectStore;
use crate::sql::{CopyCommand, FieldNames, Format};
use crate::wire::Report;

/// Makes the rows of one load.
#[derive(Debug)]
pub(crate) struct Producer<'load> {
    pub(crate) copy: &'load CopyCommand,
    pub(crate) columns: &'load [LoadColumn],
    pub(crate) query: i64,
    pub(crate) rows: RowWriter,
    pub(crate) loaded: Loaded,
    pub(crate) progress: Arc<Progress>,
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
    /// A producer whose rows go to the sender, or nowhere when they are only checked.
    pub(crate) fn new(
        copy: &'load CopyCommand,
        columns: &'load [LoadColumn],
        query: i64,
        rows: Option<Sender<Bytes>>,
        progress: Arc<Progress>,
    ) -> Self {
        Self { copy, columns, query, rows: RowWriter::new(rows), loaded: Loaded::default(), progress }
    }

    /// Reads all files.
    pub(crate) fn run(&mut self, objects: &Arc<dyn ObjectStore>) -> Result<(), Stop> {
        let paths = read_paths(&**objects, self.copy, self.columns.len()).map_err(Stop::Refused)?;
        let files = find_files(&**objects, self.copy, self.query).map_err(Stop::Refused)?;
        self.progress.found(files.len() as u64, files.iter().map(|file| file.size).sum());
        for file in files {
            let before = self.loaded.rows;
            self.progress.file_begins(file.url());
            self.read_file(objects, &file, &paths)?;
            self.progress.file_ends();
            self.loaded.files.push((file.url(), self.loaded.rows - before));
        }
        self.rows.flush().map_err(|_| Stop::Gone)
    }

    fn read_file(
        &mut self,
        objects: &Arc<dyn ObjectStore>,
        file: &FileName,
        paths: &[Path],
    ) -> Result<(), Stop> {
        if let Format::Parquet { serialize_to_json } = self.copy.format {
            return read_parquet(self, objects, file, serialize_to_json);
        }
        let input =
            open_file(&**objects, self.copy, file, Arc::clone(&self.progress)).map_err(Stop::Refused)?;
        match &self.copy.format {
            Format::Json(names) => self.read_json(file, input, names, paths),
            Format::Avro(names) => self.read_avro(file, input, names, paths),
            _ => read_text(self, file, input),
        }
    }

    fn read_json(
        &mut self,
        file: &FileName,
        input: impl BufRead,
        names: &FieldNames,
        paths: &[Path],
    ) -> Result<(), Stop> {
        let mut reader = JsonReader::new(input);
        while let Some(record) = reader.next().map_err(|error| Stop::Refused(unreadable(&error)))? {
            let record = match record {
                Ok(record) => record,
                // What follows can't be read either.
                Err(reason) => return self.reject(json_error(file, reader.line(), "", reason)),
            };
            match fields_of(&record.text, self.columns, names, paths) {
                Ok(texts) => self.add(file, record.line, &record.text, texts)?,
                Err(reason) => self.reject(json_error(file, record.line, &record.text, reason))?,
            }
        }
        Ok(())
    }

    fn read_avro(
        &mut self,
        file: &FileName,
        mut input: impl BufRead,
        names: &FieldNames,
        paths: &[Path],
    ) -> Result<(), Stop> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(|error| Stop::Refused(unreadable(&error)))?;
        check_container(&bytes).map_err(|what| Stop::Refused(Report::error("XX000", what)))?;
        let failed = |error: apache_avro::Error| {
            Stop::Refused(Report::error("XX000", format!("Invalid AVRO file found: {error}")))
        };
        let reader = apache_avro::Reader::new(&bytes[..]).map_err(failed)?;
        for (at, value) in reader.enumerate() {
            let record = physical(&value.map_err(failed)?);
            let line = at as u64 + 1;
            match fields_of(&record, self.columns, names, paths) {
                Ok(texts) => self.add(file, line, &record, texts)?,
                Err(reason) => self.reject(json_error(file, line, &record, reason))?,
            }
        }
        Ok(())
    }

    /// Adds a row of texts, unless one of its values is refused.
    pub(crate) fn add(
        &mut self,
        file: &FileName,
        line: u64,
        raw: &str,
        texts: Vec<Option<String>>,
    ) -> Result<(), Stop> {
        for (column, text) in self.columns.iter().zip(texts) {
            let raw_value = text.clone().unwrap_or_default();
            let result = match text.filter(|text| !self.is_null(text, column)) {
                Some(text) => column.convert(&text, self.copy),
                None => Ok(None),
            };
            let result = match result {
                Ok(None) if column.is_required => Err((1213, "Missing data for not-null field".to_owned())),
                result => result,
            };
            match result {
                Ok(value) => {
                    let is_trimmed = self.copy.has("trimblanks");
                    let value = value.as_deref();
                    self.rows.put(if is_trimmed {
                        value.map(|text| text.trim_end_matches(' '))
                    } else {
                        value
                    });
                }
                Err((code, reason)) => {
                    self.rows.abandon_row();
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
        self.end_row()
    }

    /// Ends the row whose values were put.
    pub(crate) fn end_row(&mut self) -> Result<(), Stop> {
        self.loaded.rows += 1;
        self.progress.row();
        if self.progress.is_stopped() {
            return Err(Stop::Gone);
        }
        self.rows.end_row().map_err(|_| Stop::Gone)
    }

    fn is_null(&self, text: &str, column: &LoadColumn) -> bool {
        let is_empty = text.is_empty() && (!column.is_character() || self.copy.has("emptyasnull"));
        let is_blank = self.copy.has("blanksasnull") && !text.is_empty() && text.trim().is_empty();
        is_empty || is_blank
    }

    /// Notes a record that is left out, and ends the load when there are too many.
    pub(crate) fn reject(&mut self, error: LoadError) -> Result<(), Stop> {
        self.loaded.errors.push(error);
        let limit = self.copy.max_error.max(1);
        let is_over = self.loaded.errors.len() as u64 >= limit && !self.copy.has("ignoreallerrors");
        if is_over { Err(Stop::TooManyErrors) } else { Ok(()) }
    }
}

fn json_error(file: &FileName, line: u64, raw: &str, reason: &str) -> LoadError {
    LoadError {
        file: file.url(),
        line,
        raw_line: raw.to_owned(),
        code: 1224,
        reason: reason.to_owned(),
        ..LoadError::default()
    }
}
