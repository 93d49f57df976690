//! Every way of committing, driven through sessions by hand.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod fixture;

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use fixture::{Fixture, Run, action_named, batch, numbers, rows};
use publish_core::{ErrorKind, ExactlyOnce, JournalEntry, Outcome, Phase, RunId, Target};

fn pairs(values: &[(i64, &str)]) -> Run {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(values.iter().map(|(id, _)| *id)));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(values.iter().map(|(_, name)| name)));
    Run::of_columns(vec![ids, names])
}

#[tokio::test]
async fn each_action_leaves_what_it_promises() {
    let fixture = Fixture::new();
    assert_eq!(fixture.publish(&pairs(&[(1, "x")]), "create", "t").await.unwrap().row_count, Some(0));
    assert_eq!(fixture.rows("SELECT name, type FROM pragma_table_info('t')"), ["a|BIGINT", "b|VARCHAR"]);
    assert!(fixture.rows("SELECT * FROM t").is_empty());
    assert_eq!(fixture.publish(&pairs(&[(1, "x"), (2, "y")]), "load", "t").await.unwrap().row_count, Some(2));
    fixture.publish(&pairs(&[(3, "z")]), "load", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT * FROM t"), ["1|x", "2|y", "3|z"]);
    fixture.publish(&pairs(&[(4, "")]), "truncateAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT * FROM t"), ["4|"]);
    fixture.publish(&Run::of(vec![numbers(0..3)]), "dropAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT * FROM t"), ["0", "1", "2"]);
    fixture.publish(&Run::of(vec![numbers(0..2), numbers(2..4)]), "createAndLoad", "u").await.unwrap();
    assert_eq!(fixture.rows("SELECT * FROM u"), ["0", "1", "2", "3"]);
    assert_eq!(fixture.rows("SELECT DISTINCT state FROM publish_journal"), ["published"]);
    assert_eq!(fixture.file_names(), ["a.sqlite"]);
}

#[tokio::test]
async fn a_plan_lists_the_statements_and_changes_nothing() {
    let fixture = Fixture::new();
    let plan = fixture.plan(&pairs(&[(1, "x")]), action_named("createAndLoad").as_ref(), "t").await.unwrap();
    assert_eq!(
        plan.commit().statements,
        [
            "BEGIN IMMEDIATE",
            "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE OR name = ?1 COLLATE NOCASE \
             ORDER BY type, name",
            "SELECT state FROM publish_journal WHERE run_id = ?1 AND attempt = ?2",
            "CREATE TABLE \"t\" (\n  \"a\" BIGINT,\n  \"b\" VARCHAR\n)",
            "INSERT OR ABORT INTO \"t\" (\"a\", \"b\") VALUES (?1, ?2)",
            "UPDATE publish_journal SET state = 'published', rows = ?3, written_at = unixepoch() \
             WHERE run_id = ?1 AND attempt = ?2 AND state = 'prepared'",
            "COMMIT",
        ]
    );
    assert!(plan.windows().is_empty() && plan.prepare().is_empty() && plan.tidy().is_empty());
    assert!(fixture.file_names().is_empty());
}

#[tokio::test]
async fn a_table_that_changed_meanwhile_makes_the_plan_stale() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (7)");
    for (action, table, change) in [
        ("truncateAndLoad", "t", "ALTER TABLE t ADD COLUMN z"),
        ("dropAndLoad", "t", "CREATE INDEX i ON t (a)"),
        ("load", "t", "DROP TABLE t"),
        ("createAndLoad", "new", "CREATE TABLE new (a)"),
    ] {
        let run = Run::of(vec![numbers(0..3)]);
        let plan = fixture.plan(&run, action_named(action).as_ref(), table).await.unwrap();
        let mut session = fixture.begun(&run, &plan).await;
        fixture.database().execute_batch(change).unwrap();
        let before = fixture.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY 2");
        let error = session.commit(plan.commit(), &run.context).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StalePlan, "{action}: {error}");
        assert_eq!(fixture.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY 2"), before);
    }
}

#[tokio::test]
async fn rows_that_others_add_do_not_make_a_plan_stale() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT)");
    let run = Run::of(vec![numbers(0..1)]);
    let plan = fixture.plan(&run, action_named("load").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    fixture.database().execute_batch("INSERT INTO t VALUES (7)").unwrap();
    session.commit(plan.commit(), &run.context).await.unwrap();
    assert_eq!(fixture.rows("SELECT a FROM t ORDER BY a"), ["0", "7"]);
}

#[tokio::test]
async fn a_fenced_attempt_cannot_commit() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (7)");
    let run = Run::of(vec![numbers(0..3)]);
    let plan = fixture.plan(&run, action_named("truncateAndLoad").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    let entry = JournalEntry::new(fixture::record(&plan), Phase::Prepared, true);
    let mut other = fixture.target.connect(&run.context).await.unwrap();
    assert_eq!(other.outcome(&entry, &run.context).await.unwrap(), Outcome::NotDone);
    let error = session.commit(plan.commit(), &run.context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StalePlan, "{error}");
    assert_eq!(fixture.rows("SELECT a FROM t"), ["7"]);
}

#[tokio::test]
async fn the_outcome_of_a_commit_is_told_with_its_rows() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT)");
    let run = Run::of(vec![numbers(0..3)]);
    let plan = fixture.plan(&run, action_named("load").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    session.commit(plan.commit(), &run.context).await.unwrap();
    let entry = JournalEntry::new(fixture::record(&plan), Phase::Prepared, true);
    let Outcome::Done(committed) = session.outcome(&entry, &run.context).await.unwrap() else {
        panic!("the commit happened")
    };
    assert_eq!(committed.row_count, Some(3));
    // A second commit of the same attempt finds no attempt to commit.
    let error = session.commit(plan.commit(), &run.context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StalePlan);
    assert_eq!(fixture.rows("SELECT count(*) FROM t"), ["3"]);
}

#[tokio::test]
async fn without_a_journal_there_is_no_evidence() {
    let fixture = Fixture::new();
    let run =
        Run::of(vec![numbers(0..3)]).with_context(|context| context.with_exactly_once(ExactlyOnce::Off));
    let plan = fixture.plan(&run, action_named("createAndLoad").as_ref(), "t").await.unwrap();
    let mut session = fixture.target.connect(&run.context).await.unwrap();
    assert_eq!(session.commit(plan.commit(), &run.context).await.unwrap().row_count, Some(3));
    let entry = JournalEntry::new(fixture::record(&plan), Phase::Prepared, true);
    assert_eq!(session.outcome(&entry, &run.context).await.unwrap(), Outcome::Unknown);
    assert_eq!(fixture.rows("SELECT name FROM sqlite_schema"), ["t"]);
}

#[tokio::test]
async fn other_rows_than_the_files_hold_are_rolled_back() {
    let fixture = Fixture::with(
        "CREATE TABLE t (a BIGINT);
         CREATE TRIGGER drops BEFORE INSERT ON t WHEN new.a = 1 BEGIN SELECT RAISE(IGNORE); END",
    );
    let error = fixture.publish(&Run::of(vec![numbers(0..3)]), "load", "t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.to_string().contains("loaded: 2, files hold: 3"), "{error}");
    assert!(fixture.rows("SELECT * FROM t").is_empty());
}

#[tokio::test]
async fn a_row_that_breaks_a_constraint_is_named_and_nothing_is_loaded() {
    let fixture = Fixture::with(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (0), (1), (2);
         CREATE TABLE uniq (a BIGINT UNIQUE ON CONFLICT IGNORE); INSERT INTO uniq VALUES (1);
         CREATE TABLE replaces (a BIGINT UNIQUE ON CONFLICT REPLACE, b DEFAULT 'old'); INSERT INTO replaces (a) VALUES (1);
         CREATE TABLE checks (a BIGINT CHECK (a <> 1));
         CREATE TABLE refers (a BIGINT REFERENCES p (id) CHECK (a < 9));
         CREATE TABLE raises (a BIGINT);
         CREATE TRIGGER r BEFORE INSERT ON raises WHEN new.a = 1 BEGIN SELECT RAISE(ABORT, 'not today'); END;",
    );
    for (table, constraint) in
        [("uniq", "uniq.a"), ("replaces", "replaces.a"), ("checks", "CHECK"), ("raises", "not today")]
    {
        let before = fixture.rows(&format!("SELECT * FROM {table}"));
        let error = fixture.publish(&Run::of(vec![numbers(0..3)]), "load", table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("mem:///part-0.avro") && text.contains("row: 2") && text.contains(constraint),
            "{text}"
        );
        assert_eq!(fixture.rows(&format!("SELECT * FROM {table}")), before);
    }
    let error = fixture.publish(&Run::of(vec![numbers(0..4)]), "load", "refers").await.unwrap_err();
    assert!(error.to_string().contains("FOREIGN KEY"), "{error}");
    fixture.publish(&Run::of(vec![numbers(0..3)]), "load", "refers").await.unwrap();
}

#[tokio::test]
async fn a_null_where_none_is_allowed_is_named() {
    let fixture = Fixture::with("CREATE TABLE t (a INTEGER PRIMARY KEY); CREATE TABLE u (a BIGINT NOT NULL)");
    for table in ["t", "u"] {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let error = fixture.publish(&Run::of_columns(vec![values]), "load", table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        let text = error.to_string();
        assert!(text.contains("row: 2") && text.contains("column: a"), "{text}");
        assert!(fixture.rows(&format!("SELECT * FROM {table}")).is_empty());
    }
}

#[tokio::test]
async fn a_cancelled_load_is_rolled_back() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (7)");
    let run = Run::gated(vec![numbers(0..1000), numbers(1000..2000)]);
    let plan = fixture.plan(&run, action_named("truncateAndLoad").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    run.gate.add_permits(1);
    let committing = session.commit(plan.commit(), &run.context);
    let cancelling = async {
        until(|| is_locked(&fixture)).await;
        run.context.cancel().cancel();
    };
    let (committed, ()) = tokio::join!(committing, cancelling);
    assert_eq!(committed.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(!is_locked(&fixture));
    assert_eq!(fixture.rows("SELECT a FROM t"), ["7"]);
}

#[tokio::test]
async fn a_commit_that_is_dropped_is_rolled_back_and_told_so() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (7)");
    let run = Run::gated(vec![numbers(0..1000), numbers(1000..2000)]);
    let plan = fixture.plan(&run, action_named("dropAndLoad").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    run.gate.add_permits(1);
    tokio::select! {
        committed = session.commit(plan.commit(), &run.context) => panic!("it can't end: {committed:?}"),
        () = until(|| is_locked(&fixture)) => {}
    }
    drop(session);
    let entry = JournalEntry::new(fixture::record(&plan), Phase::Prepared, true);
    let mut other = fixture.target.connect(&run.context).await.unwrap();
    assert_eq!(other.outcome(&entry, &run.context).await.unwrap(), Outcome::NotDone);
    assert_eq!(fixture.rows("SELECT a FROM t"), ["7"]);
}

#[tokio::test]
async fn a_wait_for_the_lock_ends_when_the_run_is_cancelled() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT)");
    let run = Run::of(vec![numbers(0..3)]);
    let plan = fixture.plan(&run, action_named("load").as_ref(), "t").await.unwrap();
    let mut session = fixture.begun(&run, &plan).await;
    let holder = fixture.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let cancelling = async {
        tokio::task::yield_now().await;
        run.context.cancel().cancel();
    };
    let (committed, ()) = tokio::join!(session.commit(plan.commit(), &run.context), cancelling);
    assert_eq!(committed.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_the_old_table_or_the_new_one() {
    let fixture = Fixture::new();
    fixture.publish(&Run::of(vec![numbers(0..500)]), "createAndLoad", "t").await.unwrap();
    let reader = fixture.database();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reading = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut seen = std::collections::BTreeSet::new();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                seen.extend(rows(&reader, "SELECT count(*) || ' from ' || min(a) FROM t"));
            }
            seen
        })
    };
    for round in 1..6 {
        let from = round * 1000;
        let batches = (0..4).map(|part| numbers(from + part * 100..from + part * 100 + 100)).collect();
        let action = if round % 2 == 0 { "truncateAndLoad" } else { "dropAndLoad" };
        fixture.publish(&Run::of(batches), action, "t").await.unwrap();
        // Another column makes dropAndLoad drop the table.
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(from..from + 300)),
            Arc::new(Int64Array::from_iter_values(from..from + 300)),
        ];
        fixture.publish(&Run::of(vec![batch(columns)]), "dropAndLoad", "t").await.unwrap();
        fixture.publish(&Run::of(vec![numbers(from..from + 500)]), "dropAndLoad", "t").await.unwrap();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let seen = reading.join().unwrap();
    let legal = |seen: &String| {
        seen == "500 from 0"
            || (1..6).any(|round| {
                ["400", "300", "500"].iter().any(|count| *seen == format!("{count} from {}", round * 1000))
            })
    };
    assert!(seen.iter().all(legal), "{seen:?}");
}

#[tokio::test]
async fn a_run_that_died_is_not_held_and_can_be_taken_over() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT)");
    let run = Run::of(vec![numbers(0..3)]);
    let plan = fixture.plan(&run, action_named("load").as_ref(), "t").await.unwrap();
    drop(fixture.begun(&run, &plan).await);
    let mut session = fixture.target.connect(&run.context).await.unwrap();
    let id: &RunId = run.context.run();
    let entry = session.journal().read(id).await.unwrap().unwrap();
    assert_eq!((entry.phase, entry.is_held), (Phase::Prepared, false));
    assert_eq!(session.outcome(&entry, &run.context).await.unwrap(), Outcome::NotDone);
    let next = Run { context: run.context.at_attempt(2), gate: run.gate };
    fixture.publish(&next, "load", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT count(*) FROM t"), ["3"]);
}

/// Whether somebody holds the write lock.
fn is_locked(fixture: &Fixture) -> bool {
    let other = fixture.database();
    other.busy_timeout(Duration::ZERO).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err()
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
