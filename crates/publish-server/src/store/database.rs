//! What runs statements.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use publish_core::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

/// A value of a parameter or a column.
#[derive(Clone, PartialEq)]
pub(super) enum Cell {
    /// An integer, also a time as milliseconds since 1970 in UTC.
    Integer(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// A truth value.
    Boolean(bool),
}

impl fmt::Debug for Cell {
    /// Texts and bytes are not shown: hashes and sealed credentials are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Boolean(value) => value.fmt(f),
            Self::Text(value) => write!(f, "text({:?})", value.as_ref().map(String::len)),
            Self::Bytes(value) => write!(f, "bytes({:?})", value.as_ref().map(Vec::len)),
        }
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Cell {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Cell {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<Vec<u8>>> for Cell {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

/// Runs statements.
///
/// Parameters are written `?1`, `?2`, …; `{now}` is the database's time in milliseconds, and `{skip_locked}` passes over rows
/// that others hold, where the database has such a thing.
///
/// # Contract
/// One call is one transaction, durable when it returns.
#[async_trait]
pub(super) trait Database: fmt::Debug + Send + Sync + 'static {
    /// Brings the tables to the newest version.
    async fn migrate(&self, versions: &'static [&'static str]) -> Result<()>;

    /// Runs a statement that changes nothing.
    async fn read(&self, sql: &str, parameters: Vec<Cell>) -> Result<Vec<Row>>;

    /// Runs a statement once for each set of parameters, and gives what all of them returned, in order.
    async fn write(&self, sql: &str, parameters: Vec<Vec<Cell>>) -> Result<Vec<Row>>;

    /// Keeps other servers from using the database, where only one can use it at a time. Says whether that is so.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) if another server uses it.
    fn take_for_server(&self) -> Result<bool>;
}

/// A row, by the names of its columns.
#[derive(Debug)]
pub(super) struct Row {
    names: Arc<HashMap<String, usize>>,
    cells: Vec<Cell>,
}

impl Row {
    /// Creates a row. `names` tells each column's place.
    pub(super) fn new(names: Arc<HashMap<String, usize>>, cells: Vec<Cell>) -> Self {
        Self { names, cells }
    }

    fn cell(&self, name: &str) -> Result<&Cell> {
        let at = self.names.get(name).and_then(|at| self.cells.get(*at));
        at.ok_or_else(|| unreadable(name))
    }

    /// An integer that may be null.
    pub(super) fn maybe_integer(&self, name: &str) -> Result<Option<i64>> {
        match self.cell(name)? {
            Cell::Integer(value) => Ok(*value),
            // SQLite tells no type of a null.
            Cell::Text(None) | Cell::Bytes(None) => Ok(None),
            _ => Err(unreadable(name)),
        }
    }

    /// An integer.
    pub(super) fn integer(&self, name: &str) -> Result<i64> {
        self.maybe_integer(name)?.ok_or_else(|| unreadable(name))
    }

    /// An integer of another size.
    pub(super) fn number<T: TryFrom<i64>>(&self, name: &str) -> Result<T> {
        T::try_from(self.integer(name)?).map_err(|_| unreadable(name))
    }

    /// An integer of another size that may be null.
    pub(super) fn maybe_number<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>> {
        self.maybe_integer(name)?.map(|value| T::try_from(value).map_err(|_| unreadable(name))).transpose()
    }

    /// A truth value, which SQLite keeps as 0 or 1.
    pub(super) fn boolean(&self, name: &str) -> Result<bool> {
        match self.cell(name)? {
            Cell::Boolean(value) => Ok(*value),
            Cell::Integer(Some(value)) => Ok(*value != 0),
            _ => Err(unreadable(name)),
        }
    }

    /// A text that may be null.
    pub(super) fn maybe_text(&self, name: &str) -> Result<Option<String>> {
        match self.cell(name)? {
            Cell::Text(value) => Ok(value.clone()),
            Cell::Integer(None) | Cell::Bytes(None) => Ok(None),
            _ => Err(unreadable(name)),
        }
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<String> {
        self.maybe_text(name)?.ok_or_else(|| unreadable(name))
    }

    /// Bytes that may be null.
    pub(super) fn maybe_bytes(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.cell(name)? {
            Cell::Bytes(value) => Ok(value.clone()),
            Cell::Integer(None) | Cell::Text(None) => Ok(None),
            _ => Err(unreadable(name)),
        }
    }

    /// A time that may be null.
    pub(super) fn maybe_time(&self, name: &str) -> Result<Option<DateTime<Utc>>> {
        let Some(millis) = self.maybe_integer(name)? else { return Ok(None) };
        DateTime::from_timestamp_millis(millis).map(Some).ok_or_else(|| unreadable(name))
    }

    /// A time.
    pub(super) fn time(&self, name: &str) -> Result<DateTime<Utc>> {
        self.maybe_time(name)?.ok_or_else(|| unreadable(name))
    }

    /// A value that is kept as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        serde_json::from_str(&self.text(name)?).map_err(|error| unreadable(name).with_source(error))
    }
}

/// The error of a value that is not what the service wrote.
pub(super) fn unreadable(column: &str) -> Error {
    Error::new(
        ErrorKind::Unexpected,
        "The store holds a value that this version can't read; use the version that wrote it, or a newer one",
    )
    .with_context("column", column)
}

/// The statement with this dialect's words for what the two databases write differently.
pub(super) fn translate(sql: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(sql.to_owned(), |sql, (word, meaning)| sql.replace(word, meaning))
}
