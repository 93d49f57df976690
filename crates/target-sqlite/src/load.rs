//! Inserting the rows.

use std::time::{Duration, Instant};

use arrow_schema::Schema;
use publish_core::{ColumnMapping, Error, ErrorKind, Progress, Result, ResultBatch, RunContext};
use rusqlite::{Connection, Statement};
use tokio::sync::mpsc;

use crate::cells::{Cell, Cells, Unfit};
use crate::declared::Declared;
use crate::error::{is_refusal, sqlite_error};
use crate::stored::Stored;

/// Rows between two events of progress, unless time passes first.
const PROGRESS_ROWS: u64 = 100_000;

/// Time between two events of progress.
const PROGRESS_TIME: Duration = Duration::from_millis(100);

/// What comes down the channel from the files to the inserting thread.
#[derive(Debug)]
pub(crate) enum Piece {
    Rows(ResultBatch),
    /// All rows were sent. A channel that closes without it is a load that was given up.
    End,
}

/// Where each column of a batch goes, and in which manner.
#[derive(Debug)]
pub(crate) struct Columns(Vec<Column>);

#[derive(Debug)]
struct Column {
    name: String,
    source: usize,
    stored: Stored,
    takes_nulls: bool,
}

impl Columns {
    /// Finds the manner for each column.
    ///
    /// # Errors
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) if a column does not hold what is read.
    pub(crate) fn new(mapping: &ColumnMapping) -> Result<Self> {
        let schema: &Schema = mapping.read_schema();
        let columns = mapping.columns().iter().map(|mapped| {
            let read = schema.field(mapped.source).data_type();
            let stored = Stored::of(read, Declared::of(&mapped.column.sql_type)).ok_or_else(|| {
                Error::new(ErrorKind::SchemaMismatch, "The column does not hold such values")
                    .with_context("column", &mapped.column.name)
                    .with_context("declared", &mapped.column.sql_type)
                    .with_context("read as", read)
            })?;
            Ok(Column {
                name: mapped.column.name.clone(),
                source: mapped.source,
                stored,
                takes_nulls: mapped.column.nullable,
            })
        });
        Ok(Self(columns.collect::<Result<_>>()?))
    }
}

/// Inserts every row that comes, and counts those that arrived.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData) that names file, row and column of a value or row that is refused;
/// [`Cancelled`](ErrorKind::Cancelled) if the channel closes before the end.
pub(crate) fn load(
    connection: &Connection,
    insert: &str,
    columns: &Columns,
    pieces: &mut mpsc::Receiver<Piece>,
    run: &RunContext,
) -> Result<u64> {
    let mut statement = connection.prepare(insert).map_err(sqlite_error)?;
    let mut progress = LoadProgress::new(run);
    let mut loaded = 0;
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Rows(batch)) => {
                loaded += insert_batch(&mut statement, columns, &batch)?;
                progress.tell(loaded, batch.batch.get_array_memory_size());
            }
            Some(Piece::End) => return Ok(loaded),
            None => {
                return Err(Error::new(
                    ErrorKind::Cancelled,
                    "The load was given up before all rows were there",
                ));
            }
        }
    }
}

fn insert_batch(statement: &mut Statement<'_>, columns: &Columns, batch: &ResultBatch) -> Result<u64> {
    let cells: Vec<Cells> = columns
        .0
        .iter()
        .map(|column| Cells::new(column.stored, batch.batch.column(column.source)))
        .collect::<Result<_>>()?;
    let mut buffer = Vec::new();
    let mut loaded = 0;
    for row in 0..batch.batch.num_rows() {
        for (place, (column, cells)) in columns.0.iter().zip(&cells).enumerate() {
            let cell = cells.get(row, &mut buffer).map_err(|unfit| misfit(&unfit, batch, row, column))?;
            if cell == Cell::Null && !column.takes_nulls {
                return Err(at(
                    Error::new(
                        ErrorKind::BadData,
                        "The column allows no nulls; give every row a value, or use dropAndLoad",
                    ),
                    batch,
                    row,
                )
                .with_context("column", &column.name));
            }
            statement
                .raw_bind_parameter(place + 1, cell)
                .map_err(|error| at(sqlite_error(error), batch, row).with_context("column", &column.name))?;
        }
        match statement.raw_execute() {
            Ok(changed) => loaded += changed as u64,
            Err(error) if is_refusal(&error) => return Err(refused(error, batch, row)),
            Err(error) => return Err(sqlite_error(error)),
        }
    }
    Ok(loaded)
}

fn misfit(unfit: &Unfit, batch: &ResultBatch, row: usize, column: &Column) -> Error {
    at(Error::new(ErrorKind::BadData, unfit.reason), batch, row)
        .with_context("column", &column.name)
        .with_context("value", &unfit.value)
}

fn refused(error: rusqlite::Error, batch: &ResultBatch, row: usize) -> Error {
    // SQLite's own words name the constraint and its columns, and no value.
    let constraint = match &error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    at(sqlite_error(error), batch, row).with_context("constraint", constraint)
}

fn at(error: Error, batch: &ResultBatch, row: usize) -> Error {
    let error = error.with_context("file", &batch.file);
    match batch.row_number(row) {
        Some(number) => error.with_context("row", number),
        None => error.with_context("row of the batch", row + 1),
    }
}

/// Tells progress now and then.
struct LoadProgress<'a> {
    run: &'a RunContext,
    bytes: u64,
    told_rows: u64,
    told_at: Instant,
}

impl<'a> LoadProgress<'a> {
    fn new(run: &'a RunContext) -> Self {
        Self { run, bytes: 0, told_rows: 0, told_at: Instant::now() }
    }

    fn tell(&mut self, rows: u64, bytes: usize) {
        self.bytes += bytes as u64;
        if rows - self.told_rows >= PROGRESS_ROWS || self.told_at.elapsed() >= PROGRESS_TIME {
            (self.told_rows, self.told_at) = (rows, Instant::now());
            self.run.progress(Progress::new(rows, self.bytes).of(self.run.expected_rows(), None));
        }
    }
}
