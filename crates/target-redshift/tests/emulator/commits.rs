//! Commits that are stopped, fenced off, crossed by others, or whose connection is lost.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use publish_core::{
    Cancel, Committed, ErrorKind, FileFormat, JournalEntry, NoEvents, Outcome, Phase, Plan, ResultReader,
    RunContext, RunOutcome, TargetSession,
};
use redshift_emulator::Isolation;
use serde_json::json;

use crate::fixture::{Fixture, until};

fn numbers(ids: std::ops::Range<i64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    RecordBatch::try_from_iter([("id", ids)]).unwrap()
}

async fn fixture(isolation: Isolation) -> Fixture {
    let fixture = Fixture::with(isolation, json!({})).await;
    fixture.write("in", FileFormat::Parquet, &[numbers(0..5)]).await;
    fixture.execute("CREATE TABLE t (id BIGINT)").await;
    fixture
}

/// A run whose attempt was begun and prepared by hand, ready to commit.
struct Ready {
    plan: Plan,
    context: RunContext,
    session: Box<dyn TargetSession>,
}

async fn ready(fixture: &Fixture) -> Ready {
    let request = fixture.request("load", "in", "t", json!({}));
    let plan = fixture.plan(&request).await.unwrap();
    // The reader of an engine, so that the manifest lists the results.
    let registry = fixture.engine.registry();
    let format = Arc::clone(registry.format(FileFormat::Parquet).unwrap());
    let storage = registry.storages().at(&fixture.at("in")).unwrap();
    let file = storage.head(&fixture.at("in/part-0.parquet")).await.unwrap();
    let found = format.inspect(&file, &request.source.options, storage).await.unwrap();
    let schema = format.unify(&[found], &request.source.options).unwrap();
    let data = publish_core::DataFile::new(file, Some(5));
    let results = publish_core::ResultSet::new(schema, FileFormat::Parquet, vec![data]);
    let reader = ResultReader::new(results, format, registry.storages().clone());
    let context = RunContext::new(plan.run().clone(), Duration::from_secs(60))
        .with_storages(registry.storages().clone())
        .with_reader(Arc::new(reader));
    let mut session = fixture.target.connect(&context).await.unwrap();
    let record = serde_json::from_value(json!({
        "run": plan.run(), "attempt": plan.attempt(), "digest": "d", "action": plan.action(),
        "kind": plan.commit().kind.as_str(), "table": plan.table(), "artifacts": [], "tidy": [],
        "detail": plan.commit().detail, "fileCount": 1, "rowCount": 5,
    }))
    .unwrap();
    session.journal().begin(&record).await.unwrap();
    for step in plan.prepare() {
        session.prepare(step, &context).await.unwrap();
    }
    Ready { plan, context, session }
}

/// Waits until a session of this database waits for a lock.
async fn somebody_waits(fixture: &Fixture) {
    let waits = "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT l.granted AND d.datname \
                 = current_database()";
    let watcher = fixture.client().await;
    until(async || crate::fixture::rows(&watcher, waits).await.unwrap() != ["0"]).await;
}

async fn entry(fixture: &Fixture, ready: &Ready) -> JournalEntry {
    let mut session = fixture.target.connect(&ready.context).await.unwrap();
    session.journal().read(ready.context.run()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_beats_a_commit_that_comes_later_under_both_isolations() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let fixture = fixture(isolation).await;
        let mut late = ready(&fixture).await;
        let found = entry(&fixture, &late).await;
        let mut other = fixture.target.connect(&late.context).await.unwrap();
        assert_eq!(other.outcome(&found, &late.context).await.unwrap(), Outcome::NotDone);
        let error = late.session.commit(late.plan.commit(), &late.context).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StalePlan, "{error}");
        assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["0"]);
        assert_eq!(entry(&fixture, &late).await.phase, Phase::Abandoned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_waits_for_a_commit_that_is_in_its_last_instant() {
    for isolation in [Isolation::Serializable, Isolation::Snapshot] {
        let fixture = fixture(isolation).await;
        let ready = ready(&fixture).await;
        let found = entry(&fixture, &ready).await;
        // Somebody takes the steps of the commit by hand, and stops before its end.
        let client = fixture.client().await;
        let gate = format!("publish.publish_run_{}", ready.context.run());
        client
            .batch_execute(&format!(
                "BEGIN; INSERT INTO t VALUES (7); UPDATE {gate} SET state = 'published', rows_published = 1 WHERE attempt \
                 = 1 AND state = 'prepared'"
            ))
            .await
            .unwrap();
        let mut other = fixture.target.connect(&ready.context).await.unwrap();
        let asking = other.outcome(&found, &ready.context);
        let ending = async {
            somebody_waits(&fixture).await;
            client.batch_execute("COMMIT").await.unwrap();
        };
        let (outcome, ()) = tokio::join!(asking, ending);
        assert_eq!(outcome.unwrap(), Outcome::Done(Committed::rows(1)));
        assert_eq!(fixture.rows("SELECT id FROM t").await, ["7"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_commit_that_got_lost_is_found() {
    let fixture = fixture(Isolation::Serializable).await;
    let mut ready = ready(&fixture).await;
    let found = entry(&fixture, &ready).await;
    let committed = ready.session.commit(ready.plan.commit(), &ready.context).await.unwrap();
    assert_eq!(committed.row_count, Some(5));
    drop(ready.session);
    let mut other = fixture.target.connect(&ready.context).await.unwrap();
    assert_eq!(other.outcome(&found, &ready.context).await.unwrap(), Outcome::Done(Committed::rows(5)));
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_dropped_within_its_commit_leaves_nothing() {
    let fixture = fixture(Isolation::Serializable).await;
    let mut dropped = ready(&fixture).await;
    // Somebody holds the table, so that the load waits.
    let holder = fixture.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE t").await.unwrap();
    tokio::select! {
        done = dropped.session.commit(dropped.plan.commit(), &dropped.context) => panic!("it did not wait: {done:?}"),
        () = somebody_waits(&fixture) => {}
    }
    drop(dropped.session);
    holder.batch_execute("COMMIT").await.unwrap();
    let context = dropped.context.clone();
    let mut other = fixture.target.connect(&context).await.unwrap();
    let found = other.journal().read(context.run()).await.unwrap().unwrap();
    assert_eq!(other.outcome(&found, &context).await.unwrap(), Outcome::NotDone);
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_load_is_stopped_at_the_server_and_put_back() {
    let fixture = fixture(Isolation::Serializable).await;
    let holder = fixture.client().await;
    let request = fixture.request("load", "in", "t", json!({}));
    holder.batch_execute("BEGIN; LOCK TABLE t").await.unwrap();
    let cancel = Cancel::default();
    let running = fixture.engine.publish(&fixture.target, &request, Arc::new(NoEvents), &cancel);
    let stopping = async {
        somebody_waits(&fixture).await;
        cancel.cancel();
    };
    let (report, ()) = tokio::join!(Box::pin(running), stopping);
    holder.batch_execute("ROLLBACK").await.unwrap();
    let error = match report {
        Ok(report) => {
            assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
            report.error.unwrap()
        }
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_on_other_tables_do_not_cross_each_other() {
    let fixture = fixture(Isolation::Serializable).await;
    fixture.execute("CREATE TABLE u (id BIGINT)").await;
    let mut long = ready(&fixture).await;
    // A whole run begins, commits and ends while the other one is within its transaction.
    let holder = fixture.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE t").await.unwrap();
    let commit = long.plan.commit().clone();
    let committing = long.session.commit(&commit, &long.context);
    let meanwhile = async {
        somebody_waits(&fixture).await;
        fixture.publish("load", "in", "u", json!({})).await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (committed, ()) = tokio::join!(committing, meanwhile);
    assert_eq!(committed.unwrap().row_count, Some(5));
    assert_eq!(fixture.rows("SELECT (SELECT COUNT(*) FROM t), (SELECT COUNT(*) FROM u)").await, ["5|5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_crosses_another_one_is_tried_again() {
    let fixture = fixture(Isolation::Serializable).await;
    let one = fixture.request("truncateAndLoad", "in", "t", json!({}));
    let two = fixture.request("truncateAndLoad", "in", "t", json!({}));
    let other = publish_core::Engine::new(fixture.engine.registry().clone());
    let switch = Cancel::default();
    let (first, second) = tokio::join!(
        Box::pin(fixture.engine.publish(&fixture.target, &one, Arc::new(NoEvents), &switch)),
        Box::pin(other.publish(&fixture.target, &two, Arc::new(NoEvents), &switch)),
    );
    for report in [first.unwrap(), second.unwrap()] {
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    }
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM t").await, ["5"]);
}
