//! A connection of one session, kept off the threads that must not block.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use publish_core::{Cancel, Error, ErrorKind, Result, RunContext};
use rusqlite::{Connection, OpenFlags};
use tokio::task::JoinHandle;

use crate::error::sqlite_error;
use crate::filesystem::check_place;
use crate::sql;

/// Steps of SQLite's machine between two looks at the stop switch.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

/// Longest wait between two tries to get the write lock.
const LONGEST_NAP: Duration = Duration::from_millis(25);

/// How a session works: durable commits, readers that are never blocked, 32 MiB of pages, a log that shrinks again.
const WRITER_SETTINGS: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; \
     PRAGMA journal_size_limit = 67108864; PRAGMA legacy_alter_table = OFF;";

/// How long a call waits for others, and what ends it early.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    cancel: Cancel,
    until: Instant,
    is_dropped: Arc<AtomicBool>,
}

impl Waits {
    /// Waits until just before the run's deadline, so that there is time left to say who is in the way.
    pub(crate) fn of(run: &RunContext) -> Self {
        let left = run.remaining();
        let reserve = (left / 10).min(Duration::from_secs(1));
        // A deadline beyond what the clock can tell is as good as a day.
        let until = Instant::now();
        let until =
            until.checked_add(left.saturating_sub(reserve)).unwrap_or(until + Duration::from_secs(86_400));
        Self { cancel: run.cancel().clone(), until, is_dropped: Arc::default() }
    }

    /// Whether nobody waits for the call any more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_dropped.load(Ordering::Relaxed) || self.cancel.is_cancelled()
    }

    fn nap(&self, tries: i32) -> bool {
        if self.is_stopped() || Instant::now() >= self.until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1 << tries.clamp(0, 5)).min(LONGEST_NAP));
        true
    }
}

/// The database file of a target, as one session sees it. Nothing is opened before it is needed.
#[derive(Debug)]
pub(crate) struct Database {
    file: PathBuf,
    connection: Option<Connection>,
    is_writer: bool,
}

impl Database {
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), connection: None, is_writer: false }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Lets `work` read. Answers `None` where there is no database yet: reading must not make one.
    pub(crate) async fn read<T: Send + 'static>(
        &mut self,
        waits: Waits,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        if self.connection.is_none() && !self.file.exists() {
            check_place(&self.file)?;
            return Ok(None);
        }
        self.call(waits, false, |connection, _| work(connection)).await.map(Some)
    }

    /// Lets `work` write. Makes the database where there is none.
    pub(crate) async fn write<T: Send + 'static>(
        &mut self,
        waits: Waits,
        work: impl FnOnce(&mut Connection, &Waits) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.call(waits, true, work).await
    }

    /// Closes the connection where that may block: the last one that closes cleans up the log.
    pub(crate) async fn close(mut self) -> Result<()> {
        let Some(connection) = self.connection.take() else { return Ok(()) };
        let closed =
            tokio::task::spawn_blocking(move || connection.close().map_err(|(_, error)| error)).await;
        match closed {
            Ok(closed) => closed.map_err(sqlite_error),
            Err(error) => Err(stopped(error)),
        }
    }

    async fn call<T: Send + 'static>(
        &mut self,
        waits: Waits,
        writes: bool,
        work: impl FnOnce(&mut Connection, &Waits) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let file = self.file.clone();
        let opened = self.connection.take();
        let is_writer = self.is_writer && opened.is_some();
        let called = waits.clone();
        let mut running = Running {
            is_dropped: Arc::clone(&waits.is_dropped),
            handle: tokio::task::spawn_blocking(move || {
                let mut connection = match opened {
                    Some(connection) => connection,
                    None => open(&file, writes)?,
                };
                watch(&mut connection, &called)?;
                if writes && !is_writer {
                    become_writer(&connection)?;
                }
                let result = work(&mut connection, &called);
                // A transaction that is open now was given up: the error that did it is the one to tell.
                if !connection.is_autocommit() {
                    unwatch(&mut connection)?;
                    let _ = connection.execute_batch(sql::ROLLBACK);
                }
                result.map(|value| (connection, value))
            }),
        };
        let ended = (&mut running.handle).await.map_err(stopped)?;
        match ended {
            Ok((connection, value)) => {
                self.connection = Some(connection);
                self.is_writer = is_writer || writes;
                Ok(value)
            }
            Err(error) if waits.cancel.is_cancelled() && is_interruption(&error) => {
                Err(RunContext::cancelled_error().with_source(error))
            }
            Err(error) => Err(error.with_context("file", self.file.display())),
        }
    }
}

/// Lets a call of `connection` that is past stopping run to its end.
pub(crate) fn unwatch(connection: &mut Connection) -> Result<()> {
    connection.progress_handler(0, None::<fn() -> bool>).map_err(sqlite_error)
}

fn watch(connection: &mut Connection, waits: &Waits) -> Result<()> {
    let (busy, steps) = (waits.clone(), waits.clone());
    connection.busy_handler(Some(move |tries| busy.nap(tries))).map_err(sqlite_error)?;
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || steps.is_stopped())).map_err(sqlite_error)
}

fn open(file: &Path, creates: bool) -> Result<Connection> {
    check_place(file)?;
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, creates);
    Connection::open_with_flags(file, flags).map_err(sqlite_error)
}

/// Readers see the last commit while a writer writes only in WAL mode; the file keeps the mode.
fn become_writer(connection: &Connection) -> Result<()> {
    let mode = |pragma: &str| -> Result<String> {
        connection.query_row(pragma, [], |row| row.get(0)).map_err(sqlite_error)
    };
    if mode("PRAGMA journal_mode")? != "wal" && mode("PRAGMA journal_mode = WAL")? != "wal" {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "The database can't be switched to WAL mode, which readers need to see whole tables; put it on a local disk",
        ));
    }
    connection.execute_batch(WRITER_SETTINGS).map_err(sqlite_error)
}

fn stopped(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Unexpected, "A call to SQLite stopped unexpectedly").with_source(error)
}

fn is_interruption(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Busy | ErrorKind::Cancelled)
}

/// A call on the blocking pool. Dropping it stops it.
struct Running<T> {
    is_dropped: Arc<AtomicBool>,
    handle: JoinHandle<T>,
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::Relaxed);
        // One that has not begun never will; one that has begun sees the flag.
        self.handle.abort();
    }
}
