//! Running statements: logs, progress, cancel, time limits, lost connections.

use std::time::Duration;

use hiveserver2::{ErrorKind, Event, Session, Statement};

use crate::stack::{Stack, open};

/// A job that runs for minutes unless it is stopped: a hundred thousand rows crossed with as many.
const LONG: &str = "SELECT count(*) FROM (SELECT a.x FROM \
    (SELECT explode(split(repeat('a,', 100000), ',')) AS x) a CROSS JOIN \
    (SELECT explode(split(repeat('a,', 100000), ',')) AS x) b) c WHERE x <> 'b'";

#[tokio::test]
async fn a_job_tells_its_log_and_its_progress() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let sql = "SELECT count(*) FROM (SELECT explode(array(1, 2, 3)) AS x) t WHERE x > 1";
    let statement = Statement::new(sql).with_setting("hive.fetch.task.conversion", "none");
    let mut operation = session.execute(statement).await.expect("a statement");
    let (mut lines, mut fractions) = (Vec::new(), Vec::new());
    while let Some(event) = operation.next_event().await.expect("news") {
        match event {
            Event::Log(new) => lines.extend(new),
            Event::Progress(progress) => fractions.push(progress.fraction),
            _ => {}
        }
    }
    assert!(lines.iter().any(|line| line.contains("Executing command")), "{lines:?}");
    let count = lines.iter().filter(|line| line.contains("Completed executing command")).count();
    assert_eq!(count, 1, "each line comes once: {lines:?}");
    assert!(fractions.last().is_some_and(|fraction| *fraction > 0.0), "{fractions:?}");
    assert!(operation.fetch().await.expect("rows").is_some());
    operation.close().await.expect("closed");
}

#[tokio::test]
async fn a_statement_is_cancelled_over_a_second_connection_and_the_session_goes_on() {
    let Some(stack) = Stack::get() else { return };
    for config in [stack.plain(), stack.nosasl(), stack.plain_http()] {
        let mut session = open(&config).await;
        let mut operation = session.execute(LONG).await.expect("a statement");
        let cancel = operation.cancel_handle();
        // The first news show that it runs.
        operation.next_event().await.expect("news").expect("it runs");
        let (waited, cancelled) = tokio::join!(operation.wait(), cancel.cancel());
        cancelled.expect("cancelled");
        let error = waited.expect_err("cancelled");
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Cancelled, true));
        operation.close().await.expect("closed");
        session.run("SELECT 1").await.expect("the session goes on");
    }
}

#[tokio::test]
async fn a_statement_that_runs_out_of_its_time_is_stopped() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let error =
        session.run(Statement::new(LONG).with_timeout(Duration::from_secs(2))).await.expect_err("stopped");
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::TimedOut, true), "{error}");
    session.run("SELECT 1").await.expect("the session goes on");
}

#[tokio::test]
async fn a_lost_connection_ends_the_statement_at_the_server() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let operation = session.execute(LONG).await.expect("a statement");
    let cancel = operation.cancel_handle();
    drop(operation);
    drop(session);
    // The server notices on its own time; until then it takes the cancel as for a live statement.
    let gone = async {
        loop {
            if let Err(error) = cancel.cancel().await {
                return error;
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(60), gone).await.expect("it ends soon");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
}

#[tokio::test]
async fn an_operation_that_is_dropped_is_closed_before_the_next() {
    let Some(stack) = Stack::get() else { return };
    let mut session = open(&stack.plain()).await;
    let cancel = session.execute("SELECT 1").await.expect("a statement").cancel_handle();
    session.run("SELECT 2").await.expect("the next");
    assert_eq!(cancel.cancel().await.expect_err("closed").kind(), ErrorKind::ConnectionLost);
}

#[tokio::test]
async fn sessions_run_side_by_side() {
    let Some(stack) = Stack::get() else { return };
    let run = || async {
        let mut session: Session = open(&stack.plain()).await;
        for _ in 0..5 {
            session.run("SELECT 1").await.expect("a statement");
        }
    };
    tokio::join!(run(), run(), run(), run());
}
