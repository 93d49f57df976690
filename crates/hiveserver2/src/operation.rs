//! A statement at the server: its state, its news, its rows.

use std::collections::VecDeque;
use std::fmt;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::cancel::CancelHandle;
use crate::classify::server_error;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Event, Progress};
use crate::protocol::messages::{
    CloseOperation, FETCH_NEXT, FetchResults, GetOperationStatus, GetOperationStatusReply,
    GetResultSetMetadata, OperationHandle, RowSet, SOURCE_LOG, SOURCE_ROWS,
};
use crate::results::{FetchSize, ResultLayout, log_lines};
use crate::session::{Session, missing};

/// Lines of the log asked for at a time.
const LOG_LINES: i64 = 1000;

/// A statement that was started, until it is closed.
///
/// Dropped without [`close`](Self::close), it is closed before the session's next statement.
pub struct Operation<'s> {
    session: &'s mut Session,
    handle: OperationHandle,
    is_finished: bool,
    is_closed: bool,
    has_log: bool,
    modified: Option<u64>,
    news: VecDeque<Event>,
    failure: Option<Error>,
    last_progress: Option<Progress>,
    layout: Option<ResultLayout>,
    fetch_size: FetchSize,
}

impl<'s> Operation<'s> {
    pub(crate) fn new(session: &'s mut Session, handle: OperationHandle) -> Self {
        let fetch_size = FetchSize::new(session.config().target_batch_bytes);
        Self {
            session,
            handle,
            is_finished: false,
            is_closed: false,
            has_log: true,
            modified: None,
            news: VecDeque::new(),
            failure: None,
            last_progress: None,
            layout: None,
            fetch_size,
        }
    }

    /// Waits until the statement has finished.
    ///
    /// The server holds each answer back for a while, so no time is lost between the end and its news.
    ///
    /// # Errors
    ///
    /// What made the statement fail; Cancelled and TimedOut when it was stopped; ConnectionLost.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped the session is lost, except over HTTP, and the server cancels the statement. To stop
    /// the statement and keep the session use [`cancel_handle`](Self::cancel_handle).
    pub async fn wait(&mut self) -> Result<()> {
        while !self.is_finished {
            self.poll(false).await?;
        }
        Ok(())
    }

    /// Waits for the next news of the statement: lines of its log, progress of its tasks. `None` once it has finished.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), after the last lines of the log.
    ///
    /// # Cancellation
    ///
    /// As [`wait`](Self::wait).
    pub async fn next_event(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.news.pop_front() {
                return Ok(Some(event));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.is_finished {
                return Ok(None);
            }
            if let Err(error) = self.poll(true).await {
                if self.session.is_lost() {
                    return Err(error);
                }
                // The log's last lines say why it failed.
                self.is_finished = true;
                self.failure = Some(error);
            }
            self.read_log().await?;
        }
    }

    /// A handle that cancels this statement from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        let session = &self.session;
        CancelHandle::new(session.config().clone(), session.host().clone(), self.handle.clone())
    }

    /// Whether the server announced rows. Some servers announce them for every statement.
    pub fn has_results(&self) -> bool {
        self.handle.has_result_set
    }

    /// How many rows the finished statement changed, where the server tells.
    pub fn modified_row_count(&self) -> Option<u64> {
        self.modified
    }

    /// The columns of the results, after waiting for the statement. Without results there are no columns.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and Unsupported for a column of a type that is not known.
    pub async fn schema(&mut self) -> Result<SchemaRef> {
        Ok(self.layout().await?.schema())
    }

    /// Fetches the next rows, after waiting for the statement. `None` after the last.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait); BadData for a value that its Arrow type cannot tell, with column and value.
    ///
    /// # Cancellation
    ///
    /// As [`wait`](Self::wait).
    pub async fn fetch(&mut self) -> Result<Option<RecordBatch>> {
        let layout = self.layout().await?;
        if layout.is_empty() {
            return Ok(None);
        }
        let rows = self.fetch_rows(SOURCE_ROWS, self.fetch_size.rows()).await?;
        if rows.serialized.is_some_and(|bytes| !bytes.is_empty()) {
            let message = "The server sends serialized results; set \
                hive.server2.thrift.resultset.serialize.in.tasks to false";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let columns = rows.columns.unwrap_or_default();
        // The server's own word on whether more rows follow is not to be trusted: only an empty answer ends them.
        let row_count = columns.first().map_or(0, |column| column.row_count);
        if row_count == 0 {
            return Ok(None);
        }
        self.fetch_size.learn(row_count, columns.iter().map(|column| column.values.len()).sum());
        layout.decode(&columns).map(Some)
    }

    /// Closes the statement, which frees what the server keeps for it. A running statement is cancelled.
    ///
    /// # Errors
    ///
    /// When the server does not confirm.
    pub async fn close(mut self) -> Result<()> {
        self.is_closed = true;
        let reply = self.session.client().call(&CloseOperation { operation: self.handle.clone() }).await?;
        self.session.observe(reply.status.check())
    }

    /// Asks for the state once, which the server answers late while the statement runs.
    async fn poll(&mut self, with_progress: bool) -> Result<()> {
        let request = GetOperationStatus { operation: self.handle.clone(), progress: Some(with_progress) };
        let mut reply = self.session.client().call(&request).await?;
        self.session.observe(reply.status.clone().check())?;
        let progress = reply.progress.take().and_then(Progress::from_wire);
        if let Some(progress) = progress.filter(|progress| self.last_progress.as_ref() != Some(progress)) {
            self.last_progress = Some(progress.clone());
            self.news.push_back(Event::Progress(progress));
        }
        self.is_finished = has_finished(&reply)?;
        if self.is_finished {
            self.modified = reply.modified_rows.and_then(|rows| u64::try_from(rows).ok());
            self.handle.has_result_set = reply.has_result_set.unwrap_or(self.handle.has_result_set);
        }
        Ok(())
    }

    /// Puts the new lines of the log into the news.
    async fn read_log(&mut self) -> Result<()> {
        while self.has_log {
            match self.fetch_rows(SOURCE_LOG, LOG_LINES).await {
                Ok(rows) => {
                    let lines = log_lines(&rows);
                    if lines.is_empty() {
                        break;
                    }
                    self.news.push_back(Event::Log(lines));
                    if !self.is_finished {
                        break;
                    }
                }
                Err(error) if self.session.is_lost() => return Err(error),
                // The server keeps no log. That is no reason to fail the statement.
                Err(_) => self.has_log = false,
            }
        }
        Ok(())
    }

    async fn fetch_rows(&mut self, source: i16, max_rows: i64) -> Result<RowSet> {
        let operation = self.handle.clone();
        let request = FetchResults { operation, orientation: FETCH_NEXT, max_rows, source };
        let reply = self.session.client().call(&request).await?;
        self.session.observe(reply.status.check())?;
        reply.results.ok_or_else(|| missing("results"))
    }

    async fn layout(&mut self) -> Result<ResultLayout> {
        self.wait().await?;
        if let Some(layout) = &self.layout {
            return Ok(layout.clone());
        }
        let layout = if self.handle.has_result_set {
            let request = GetResultSetMetadata { operation: self.handle.clone() };
            let reply = self.session.client().call(&request).await?;
            self.session.observe(reply.status.check())?;
            let schema = reply.schema.ok_or_else(|| missing("schema"))?;
            ResultLayout::new(schema, self.session.config().timestamp_unit)?
        } else {
            ResultLayout::default()
        };
        Ok(self.layout.insert(layout).clone())
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        if !self.is_closed {
            self.session.abandon(self.handle.clone());
        }
    }
}

impl fmt::Debug for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The handle's secret is the key to the statement.
        f.debug_struct("Operation")
            .field("server", &self.session.server())
            .field("is_finished", &self.is_finished)
            .finish_non_exhaustive()
    }
}

/// Reads a state: false while it runs, true when it has finished well.
fn has_finished(reply: &GetOperationStatusReply) -> Result<bool> {
    const INITIALIZED: i32 = 0;
    const RUNNING: i32 = 1;
    const FINISHED: i32 = 2;
    const CANCELED: i32 = 3;
    const CLOSED: i32 = 4;
    const ERROR: i32 = 5;
    const PENDING: i32 = 7;
    const TIMED_OUT: i32 = 8;
    // Stopping can come just after the work was done.
    let stopped = |kind, message| Err(Error::new(kind, message).in_doubt());
    match reply.state {
        Some(INITIALIZED | RUNNING | PENDING) => Ok(false),
        Some(FINISHED) => Ok(true),
        Some(CANCELED) => stopped(ErrorKind::Cancelled, "The statement was cancelled"),
        Some(CLOSED) => stopped(ErrorKind::Cancelled, "The statement was closed while it ran"),
        Some(TIMED_OUT) => stopped(ErrorKind::TimedOut, "The statement ran out of its time and was stopped"),
        Some(ERROR) => Err(server_error(reply.error_code, reply.sql_state.clone(), reply.message.clone())),
        state => {
            let error =
                Error::new(ErrorKind::Protocol, "The server tells a state that is not known").in_doubt();
            Err(error.with_context("state", format!("{state:?}")))
        }
    }
}
