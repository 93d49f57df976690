//! Statements at HiveServer2: their log and progress as events, their end by cancel and by time.

use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use hiveserver2::{Config, Event, Session, Statement};
use publish_core::{Error, ErrorKind, Result, Retry, RunContext};

use crate::error::{hive_error, is_forbidden_setting};

/// What may end a statement before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The run's cancel: the statement changes nothing that a reader sees.
    OnCancel,
    /// Nothing: it is the commit.
    Never,
}

/// Two ways to the same server.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    /// Statements wait for locks for some seconds.
    pub(crate) bounded: Config,
    /// Nothing is set that a server could forbid.
    pub(crate) plain: Config,
}

impl Clients {
    async fn open(&self) -> hiveserver2::Result<Session> {
        match Session::open(&self.bounded).await {
            Err(error) if is_forbidden_setting(&error) => {
                tracing::info!(error = %error, "the server forbids to bound waits for locks");
                Session::open(&self.plain).await
            }
            opened => opened,
        }
    }
}

/// A server that is connected to when the first statement comes, and again after a connection was lost.
#[derive(Debug)]
pub(crate) struct Server {
    clients: Clients,
    session: Option<Session>,
}

impl Server {
    pub(crate) fn new(clients: Clients) -> Self {
        Self { clients, session: None }
    }

    /// Runs a statement to its end, within `time` and what is left of the run.
    pub(crate) async fn run(
        &mut self,
        sql: &str,
        time: Option<Duration>,
        stop: Stop,
        run: &RunContext,
    ) -> Result<()> {
        self.rows(sql, time, stop, run).await.map(drop)
    }

    /// Runs a statement, and answers its rows as texts. For statements of few rows.
    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        time: Option<Duration>,
        stop: Stop,
        run: &RunContext,
    ) -> Result<Vec<Vec<Option<String>>>> {
        self.ask(sql, time, stop, run)
            .await?
            .map_err(|error| hive_error(error).with_context("statement", sql))
    }

    /// As [`rows`](Self::rows); what the server says of the statement itself comes as it came.
    pub(crate) async fn ask(
        &mut self,
        sql: &str,
        time: Option<Duration>,
        stop: Stop,
        run: &RunContext,
    ) -> Result<hiveserver2::Result<Vec<Vec<Option<String>>>>> {
        if stop == Stop::OnCancel {
            run.check_cancelled()?;
        }
        let mut session = match self.session.take() {
            Some(session) => session,
            // Nothing of the statement was sent: whatever failed, it may be tried again.
            None => self.clients.open().await.map_err(|error| {
                let error = hive_error(error);
                if error.retry() == Retry::InDoubt { error.with_retry(Retry::Safe) } else { error }
            })?,
        };
        let time = time.map_or_else(|| run.remaining(), |time| time.min(run.remaining()));
        let statement = Statement::new(sql).with_timeout(time);
        let answer = Box::pin(execute(&mut session, statement, stop, run)).await;
        // A session whose connection is gone is of no more use; one that is dropped here ends its statement too.
        if !session.is_lost() {
            self.session = Some(session);
        }
        if stop == Stop::OnCancel && answer.is_err() {
            run.check_cancelled()?;
        }
        Ok(answer)
    }

    /// Closes the session, if there is one.
    pub(crate) async fn close(mut self) -> Result<()> {
        match self.session.take() {
            Some(session) => session.close().await.map_err(hive_error),
            None => Ok(()),
        }
    }
}

async fn execute(
    session: &mut Session,
    statement: Statement,
    stop: Stop,
    run: &RunContext,
) -> hiveserver2::Result<Vec<Vec<Option<String>>>> {
    let mut operation = session.execute(statement).await?;
    let cancel = operation.cancel_handle();
    let ended = {
        let following = async {
            while let Some(event) = operation.next_event().await? {
                tell(&event, run);
            }
            Ok(())
        };
        tokio::pin!(following);
        tokio::select! {
            ended = &mut following => ended,
            () = run.cancelled(), if stop == Stop::OnCancel => {
                if let Err(error) = cancel.cancel().await {
                    tracing::debug!(error = %error, "a statement could not be cancelled");
                }
                following.await
            }
        }
    };
    let mut rows = Vec::new();
    if ended.is_ok() && operation.has_results() {
        while let Some(batch) = operation.fetch().await? {
            rows.extend(texts(&batch));
        }
    }
    match (ended, operation.close().await) {
        // What matters was answered before.
        (Ok(()), _) => Ok(rows),
        (Err(error), _) => Err(error),
    }
}

fn tell(event: &Event, run: &RunContext) {
    match event {
        Event::Log(lines) => lines.iter().for_each(|line| run.log(line)),
        Event::Progress(progress) => {
            let percent = (progress.fraction * 100.0).round();
            run.log(format!("{percent} % {}", progress.summary).trim().to_owned());
        }
        _ => {}
    }
}

/// The rows of a batch, each cell as text. Only texts and truth values are asked for.
fn texts(batch: &RecordBatch) -> Vec<Vec<Option<String>>> {
    let cell = |column: &dyn Array, row: usize| {
        if let Some(truths) = column.as_boolean_opt() {
            return truths.is_valid(row).then(|| truths.value(row).to_string());
        }
        let texts = column.as_string_opt::<i32>()?;
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    };
    let rows = 0..batch.num_rows();
    rows.map(|row| batch.columns().iter().map(|column| cell(column.as_ref(), row)).collect()).collect()
}

/// The error of a table that is not as it was when the plan was made.
pub(crate) fn stale(message: &str) -> Error {
    Error::new(ErrorKind::StalePlan, format!("{message}; plan again")).with_retry(Retry::Safe)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, StringArray};

    use super::*;

    #[test]
    fn cells_are_texts_or_nothing() {
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        let batch =
            RecordBatch::try_from_iter_with_nullable([("n", names, true), ("i", numbers, true)]).unwrap();
        assert_eq!(texts(&batch), [vec![Some("a".to_owned()), None], vec![None, None]]);
    }
}
