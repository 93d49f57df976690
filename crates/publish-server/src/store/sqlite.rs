//! SQLite: a file beside the server.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use publish_core::{Error, ErrorKind, Result, Retry};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::sync::Semaphore;

use super::database::{Cell, Database, Row, translate};

/// Connections that read side by side.
const READERS: usize = 4;

/// How long a statement waits for another process, such as the one that adds a token.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Durable commits, readers that are never blocked.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

const DIALECT: [(&str, &str); 4] = [
    ("{now}", "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)"),
    ("{skip_locked}", ""),
    ("{id}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("{bytes}", "BLOB"),
];

/// A file, with one connection that writes and some that read.
#[derive(Debug)]
pub(super) struct SqliteDatabase {
    path: PathBuf,
    writer: Arc<Pool>,
    readers: Arc<Pool>,
    server_lock: Mutex<Option<File>>,
}

impl SqliteDatabase {
    /// Opens the file, and makes it where there is none.
    pub(super) async fn open(path: &Path) -> Result<Self> {
        let owned = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            restrict(&owned)?;
            let connections: Result<Vec<Connection>> = (0..=READERS).map(|_| connect(&owned)).collect();
            connections
        });
        let mut connections = opened.await.map_err(stopped)??;
        let writer = connections.pop().into_iter().collect();
        Ok(Self {
            path: path.to_owned(),
            writer: Arc::new(Pool::new(writer)),
            readers: Arc::new(Pool::new(connections)),
            server_lock: Mutex::default(),
        })
    }
}

#[async_trait]
impl Database for SqliteDatabase {
    async fn migrate(&self, versions: &'static [&'static str]) -> Result<()> {
        self.writer.run(move |connection| migrate(connection, versions)).await
    }

    async fn read(&self, sql: &str, parameters: Vec<Cell>) -> Result<Vec<Row>> {
        let sql = translate(sql, &DIALECT);
        self.readers
            .run(move |connection| {
                let mut rows = Vec::new();
                query(connection, &sql, &parameters, &mut rows)?;
                Ok(rows)
            })
            .await
    }

    async fn write(&self, sql: &str, parameters: Vec<Vec<Cell>>) -> Result<Vec<Row>> {
        let sql = translate(sql, &DIALECT);
        self.writer
            .run(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut rows = Vec::new();
                for parameters in &parameters {
                    query(&transaction, &sql, parameters, &mut rows)?;
                }
                transaction.commit()?;
                Ok(rows)
            })
            .await
    }

    fn take_for_server(&self) -> Result<bool> {
        let mut path = self.path.clone().into_os_string();
        path.push(".server");
        let path = PathBuf::from(path);
        let failed = |error| {
            Error::new(
                ErrorKind::PermissionDenied,
                "The store's lock can't be taken; allow writing to its folder",
            )
            .with_context("file", path.display())
            .with_source(error)
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    ErrorKind::Busy,
                    "Another server uses this store; stop it, or share a PostgreSQL between servers",
                )
                .with_context("store", self.path.display()));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        *self.server_lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(true)
    }
}

/// Connections that are lent one at a time.
#[derive(Debug)]
struct Pool {
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    fn new(connections: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { free: Mutex::new(connections), permits }
    }

    /// Runs `work` with a connection, off the threads that must not block.
    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(stopped)?;
        let pool = Arc::clone(self);
        let worked = tokio::task::spawn_blocking(move || {
            let lent = pool.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let result = lent.map(|mut connection| {
                let result = work(&mut connection).map_err(sqlite_error);
                pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                result
            });
            // The connection is back before the next caller may take one.
            drop(permit);
            result
        });
        worked.await.map_err(stopped)?.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Unexpected, "A connection of the store was lost; restart the server"))
        })
    }
}

/// Makes the file readable by its owner alone: sealed credentials and hashes of tokens are in it.
fn restrict(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            "The store can't be opened; correct its path, or make its folder",
        )
        .with_context("store", path.display())
        .with_source(error)
    })
}

fn connect(path: &Path) -> Result<Connection> {
    let opened = Connection::open(path).and_then(|connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.execute_batch(SETTINGS)?;
        Ok(connection)
    });
    opened.map_err(|error| sqlite_error(error).with_context("store", path.display()))
}

fn migrate(connection: &mut Connection, versions: &[&str]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (number, version) in (1_i64..).zip(versions).skip(usize::try_from(done).unwrap_or_default()) {
        transaction.execute_batch(&translate(version, &DIALECT))?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.commit()
}

fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[Cell],
    into: &mut Vec<Row>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let names: HashMap<String, usize> =
        statement.column_names().enumerate().map(|(at, name)| (name.to_owned(), at)).collect();
    let names = Arc::new(names);
    let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        let cells: rusqlite::Result<Vec<Cell>> =
            (0..names.len()).map(|at| row.get_ref(at).map(cell)).collect();
        into.push(Row::new(Arc::clone(&names), cells?));
    }
    Ok(())
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Cell::Integer(None),
        ValueRef::Integer(value) => Cell::Integer(Some(value)),
        ValueRef::Text(value) => Cell::Text(Some(String::from_utf8_lossy(value).into_owned())),
        ValueRef::Blob(value) => Cell::Bytes(Some(value.to_vec())),
    }
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Text(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Boolean(value) => ToSqlOutput::Owned(Value::Integer(i64::from(*value))),
            Self::Integer(None) | Self::Text(None) | Self::Bytes(None) => ToSqlOutput::Owned(Value::Null),
        })
    }
}

fn sqlite_error(error: rusqlite::Error) -> Error {
    let (kind, retry, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unavailable, Retry::Safe, "Another process holds the store; try again")
        }
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "The disk of the store fails; look at its space and its health",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            ErrorKind::Unexpected,
            Retry::Never,
            "The store is no database of this service; correct its path",
        ),
        Some(ErrorCode::ConstraintViolation) => {
            (ErrorKind::AlreadyExists, Retry::Never, "The store has such a thing already; name another one")
        }
        _ => (ErrorKind::Unexpected, Retry::Never, "The store refused a statement"),
    };
    Error::new(kind, message).with_retry(retry).with_source(error)
}

fn stopped(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "A call of the store was stopped").with_source(error)
}
