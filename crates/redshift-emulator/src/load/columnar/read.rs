//! Reads the rows of one Parquet file.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};

use super::judge::{Reading, judge};
use super::nested::json_of;
use super::scan_error::{INCOMPATIBLE, SCAN, assert_error, https_url, scan_error};
use super::source::ObjectSource;
use super::value::{Raw, text_of};
use crate::load::convert::LoadColumn;
use crate::load::files::FileName;
use crate::load::producer::{Producer, Stop};
use crate::objects::ObjectStore;
use crate::wire::Report;

/// Rows that are read at once from each column.
const BATCH: usize = 1024;

/// Reads a file and gives its rows to the producer.
pub(crate) fn read_parquet(
    producer: &mut Producer<'_>,
    objects: &Arc<dyn ObjectStore>,
    file: &FileName,
    serialize_to_json: bool,
) -> Result<(), Stop> {
    let query = producer.query;
    if !serialize_to_json && producer.columns.iter().any(LoadColumn::is_super) {
        return Err(Stop::Refused(assert_error("Unreachable - Invalid type: 4000", query)));
    }
    let source = ObjectSource {
        objects: Arc::clone(objects),
        access: producer.copy.access.clone(),
        file: file.clone(),
        size: file.size,
        progress: Arc::clone(&producer.progress),
    };
    let scan = |what: String| Stop::Refused(scan_error(SCAN, &what, query));
    let broken = |error: ParquetError| scan(format!("File '{}' can't be read: {error}", https_url(file)));
    let reader = SerializedFileReader::new(source).map_err(|error| {
        let url = https_url(file);
        scan(format!("File '{url}' has an invalid version number or no valid footer: {error}"))
    })?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let columns = plan(producer, file, &schema).map_err(Stop::Refused)?;
    for at in 0..reader.num_row_groups() {
        let group = reader.get_row_group(at).map_err(broken)?;
        let mut sources = columns
            .iter()
            .map(|column| column.open(&*group, &schema))
            .collect::<Result<Vec<_>, _>>()
            .map_err(broken)?;
        let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        while left > 0 {
            let wanted = left.min(BATCH);
            left -= wanted;
            let replacement = producer.copy.invalid_replacement;
            let mut values = sources
                .iter_mut()
                .map(|source| source.read(wanted, replacement).map(Vec::into_iter))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| match error {
                    ReadError::Broken(error) => broken(error),
                    ReadError::Value(what) => scan(format!("{what}, File name: {}", https_url(file))),
                })?;
            for _ in 0..wanted {
                let row = values.iter_mut().map(|values| values.next().flatten()).collect();
                add_row(producer, file, row)?;
            }
        }
    }
    Ok(())
}

/// Judges the columns of a file by those of the table: by position, all of them.
fn plan(producer: &Producer<'_>, file: &FileName, schema: &Type) -> Result<Vec<Column>, Report> {
    let fields = schema.get_fields();
    let wanted = producer.columns.len();
    let may_lack = producer.copy.has("fillrecord");
    if fields.len() > wanted || (fields.len() < wanted && !may_lack) {
        let what = format!(
            "Unmatched number of columns between table and file. Table columns: {wanted}, Data columns: {}, \
             File name: {}",
            fields.len(),
            https_url(file)
        );
        return Err(scan_error(SCAN, &what, producer.query));
    }
    let mut leaf = 0;
    let mut columns = Vec::new();
    for (field, column) in fields.iter().zip(producer.columns) {
        let Some(reading) = judge(field, column) else {
            let mut shown = Vec::new();
            parquet::schema::printer::print_schema(&mut shown, field);
            let what = format!(
                "File '{}' has an incompatible Parquet schema for column '{}.{}'. Column type: {}, Parquet \
                 schema:\n{}",
                https_url(file),
                file.url(),
                column.name,
                column.type_name.to_uppercase(),
                String::from_utf8_lossy(&shown).trim_end()
            );
            return Err(scan_error(INCOMPATIBLE, &what, producer.query));
        };
        columns.push(Column { field: Arc::clone(field), reading, leaf, name: column.name.clone() });
        leaf += leaves(field);
    }
    Ok(columns)
}

fn leaves(field: &Type) -> usize {
    if field.is_primitive() { 1 } else { field.get_fields().iter().map(|field| leaves(field)).sum() }
}

/// Adds a row; a value that doesn't fit ends the load.
fn add_row(producer: &mut Producer<'_>, file: &FileName, mut row: Vec<Option<String>>) -> Result<(), Stop> {
    row.resize(producer.columns.len(), None);
    let query = producer.query;
    let fail = |what: String| {
        Stop::Refused(scan_error(SCAN, &format!("{what}, File name: {}", https_url(file)), query))
    };
    for (column, text) in producer.columns.iter().zip(row) {
        let value = match &text {
            None if column.is_required => {
                return Err(fail(format!("Invalid NULL value in the NOT NULL column {}", column.name)));
            }
            None => None,
            Some(text) => column.convert(text, producer.copy).map_err(|(code, reason)| {
                fail(match (code, column.length()) {
                    (1204, Some(length)) => format!(
                        "The length of the data column {} is longer than the length defined in the table. \
                         Table: {length}, Data: {}",
                        column.name,
                        column.data_length(text)
                    ),
                    _ => format!("The data column {} can't be loaded: {reason}", column.name),
                })
            })?,
        };
        producer.rows.put(value.as_deref());
    }
    producer.end_row()
}

/// A column of the file and how it is read.
#[derive(Debug)]
struct Column {
    field: TypePtr,
    reading: Reading,
    /// The place of its first value among the leaves.
    leaf: usize,
    name: String,
}

impl Column {
    fn open<'group>(
        &self,
        group: &'group dyn RowGroupReader,
        schema: &Type,
    ) -> Result<Source<'group>, ParquetError> {
        if self.reading == Reading::Nested {
            let projection =
                Type::group_type_builder(schema.name()).with_fields(vec![Arc::clone(&self.field)]).build()?;
            return Ok(Source::Nested(Box::new(RowIter::from_row_group(Some(projection), group)?)));
        }
        let reader = Box::new(group.get_column_reader(self.leaf)?);
        Ok(Source::Flat {
            reader,
            is_optional: self.field.is_optional(),
            reading: self.reading,
            name: self.name.clone(),
        })
    }
}

enum ReadError {
    Broken(ParquetError),
    Value(String),
}

impl From<ParquetError> for ReadError {
    fn from(error: ParquetError) -> Self {
        Self::Broken(error)
    }
}

/// The values of one column of a row group.
enum Source<'group> {
    Flat { reader: Box<ColumnReader>, is_optional: bool, reading: Reading, name: String },
    Nested(Box<RowIter<'group>>),
}

impl Source<'_> {
    fn read(&mut self, count: usize, replacement: Option<u8>) -> Result<Vec<Option<String>>, ReadError> {
        match self {
            Self::Nested(rows) => (0..count)
                .map(|_| {
                    let row = rows.next().ok_or_else(|| ParquetError::EOF("too few rows".to_owned()))??;
                    match row.get_column_iter().next() {
                        None | Some((_, parquet::record::Field::Null)) => Ok(None),
                        Some((_, field)) => json_of(field).map(Some).map_err(ReadError::Value),
                    }
                })
                .collect(),
            Self::Flat { reader, is_optional, reading, name } => {
                let raws = match &mut **reader {
                    ColumnReader::BoolColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::Int32ColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::Int64ColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::Int96ColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::FloatColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::DoubleColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::ByteArrayColumnReader(reader) => raws(reader, count, *is_optional),
                    ColumnReader::FixedLenByteArrayColumnReader(reader) => raws(reader, count, *is_optional),
                }?;
                let text = |raw: Raw| text_of(&raw, *reading, replacement);
                raws.into_iter()
                    .map(|raw| {
                        raw.map(text)
                            .transpose()
                            .map_err(|what| ReadError::Value(format!("{what} (column {name})")))
                    })
                    .collect()
            }
        }
    }
}

fn raws<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    is_optional: bool,
) -> Result<Vec<Option<Raw>>, ParquetError>
where
    T::T: Into<Raw>,
{
    let mut values = Vec::with_capacity(count);
    let mut levels = Vec::with_capacity(count);
    let mut read = 0;
    while read < count {
        let wanted = is_optional.then_some(&mut levels);
        let (records, _, _) = reader.read_records(count - read, wanted, None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::EOF(
                "a column has fewer values than its row group has rows".to_owned(),
            ));
        }
        read += records;
    }
    let mut values = values.into_iter().map(Into::into);
    if !is_optional {
        return Ok(values.map(Some).collect());
    }
    Ok(levels.iter().map(|level| if *level == 1 { values.next() } else { None }).collect())
}
