//! Statements with and without rows, errors, cancel, time limits.

use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use hiveserver2::{ErrorKind, Statement};

use crate::server::{config, open};

/// A query that runs for minutes unless it is stopped.
const LONG: &str = "SELECT count(*) FROM range(2000000) a CROSS JOIN range(2000000) b WHERE a.id + b.id < 0";

#[tokio::test]
async fn a_table_is_made_filled_read_and_dropped() {
    let Some(config) = config() else { return };
    let mut session = open(&config).await;
    let table = format!("t_{}", std::process::id());
    for sql in [
        format!("CREATE TABLE {table} (n BIGINT, s STRING) USING parquet"),
        format!("INSERT INTO {table} SELECT id, IF(id % 3 = 0, NULL, concat('row ', id)) FROM range(5000)"),
    ] {
        session.run(sql.as_str()).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    let mut operation = session.execute(format!("SELECT n, s FROM {table}")).await.expect("a query");
    let mut seen = vec![false; 5000];
    while let Some(batch) = operation.fetch().await.expect("rows") {
        let (numbers, texts) =
            (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_string::<i32>());
        for (number, text) in numbers.values().iter().zip(texts) {
            let expected = (number % 3 != 0).then(|| format!("row {number}"));
            assert_eq!(text.map(str::to_owned), expected);
            let slot = &mut seen[usize::try_from(*number).expect("not negative")];
            assert!(!std::mem::replace(slot, true), "{number} came twice");
        }
    }
    operation.close().await.expect("closed");
    assert!(seen.iter().all(|seen| *seen));
    session.run(format!("DROP TABLE {table}")).await.expect("dropped");
    session.close().await.expect("closed");
}

#[tokio::test]
async fn errors_are_told_by_kind_and_the_session_goes_on() {
    let Some(config) = config() else { return };
    let mut session = open(&config).await;
    for (sql, kind) in [
        ("SELECT * FROM no_such_table", ErrorKind::NotFound),
        ("SELEC 1", ErrorKind::InvalidStatement),
        ("SELECT no_such_column FROM range(1)", ErrorKind::InvalidStatement),
    ] {
        let error = session.run(sql).await.expect_err(sql);
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
    }
    session.run("SELECT 1").await.expect("the session goes on");
}

#[tokio::test]
async fn a_statement_is_cancelled_and_the_session_goes_on() {
    let Some(config) = config() else { return };
    let mut session = open(&config).await;
    let mut operation = session.execute(LONG).await.expect("a statement");
    let cancel = operation.cancel_handle();
    let (waited, cancelled) = tokio::join!(operation.wait(), cancel.cancel());
    cancelled.expect("cancelled");
    assert_eq!(waited.expect_err("cancelled").kind(), ErrorKind::Cancelled);
    operation.close().await.expect("closed");
    session.run("SELECT 1").await.expect("the session goes on");
}

#[tokio::test]
async fn a_statement_that_runs_out_of_its_time_is_stopped() {
    let Some(config) = config() else { return };
    let mut session = open(&config).await;
    let limited = Statement::new(LONG).with_timeout(Duration::from_secs(1));
    let error = session.run(limited).await.expect_err("stopped");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
    session.run("SELECT 1").await.expect("the session goes on");
}
