//! What hangs on a table when it is replaced: kept, or refused by name before anything starts.

mod fixture;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use fixture::{Fixture, Run, action_named};
use publish_core::{ErrorKind, Target};

/// A run of columns `a`, `b`, … of integers, three rows.
fn columns(count: usize) -> Run {
    let column = |place: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..3).map(|row| row + 10 * place as i64)))
    };
    Run::of_columns((0..count).map(column).collect())
}

const HANGING: &str = "CREATE TABLE t (a BIGINT, b BIGINT); INSERT INTO t VALUES (7, 8);
    CREATE TABLE log (what);
    CREATE INDEX plain ON t (a);
    CREATE UNIQUE INDEX expr ON t (abs(a)) WHERE a > -1;
    CREATE VIEW reads AS SELECT a FROM t;
    CREATE TRIGGER logs AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;";

#[tokio::test]
async fn indexes_views_and_triggers_outlive_other_columns() {
    let fixture = Fixture::with(HANGING);
    let hanging =
        "SELECT type, name, sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL ORDER BY 2";
    let before = fixture.rows(hanging);
    // The column b goes away: nothing needs it. A column c comes.
    fixture.publish(&columns(1), "dropAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT name FROM pragma_table_info('t')"), ["a"]);
    assert_eq!(fixture.rows(hanging), before);
    assert_eq!(fixture.rows("SELECT * FROM reads"), ["0", "1", "2"]);
    assert!(fixture.rows("SELECT * FROM log").is_empty());
    fixture.publish(&columns(3), "dropAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows(hanging), before);
    fixture.database().execute_batch("INSERT INTO t (a) VALUES (5)").unwrap();
    assert_eq!(fixture.rows("SELECT * FROM log"), ["5"]);
    assert_eq!(fixture.rows("PRAGMA integrity_check"), ["ok"]);
}

#[tokio::test]
async fn what_needs_a_column_that_goes_away_is_refused_by_name_in_the_plan() {
    for (made, named) in [
        ("CREATE INDEX i ON t (b)", "index i needs b"),
        ("CREATE INDEX i ON t (a) WHERE b > 1", "index i needs b"),
        ("CREATE VIEW v AS SELECT a + b FROM t", "view v needs b"),
        ("CREATE VIEW v0 AS SELECT b FROM t; CREATE VIEW v AS SELECT 1 FROM v0", "view v needs b"),
        ("CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.b); END", "trigger x needs b"),
        ("CREATE TRIGGER x AFTER INSERT ON log BEGIN UPDATE t SET b = 1; END", "trigger x needs b"),
        ("CREATE TABLE child (r REFERENCES t (a))", "foreign key of child"),
    ] {
        let fixture = Fixture::with("CREATE TABLE t (a BIGINT UNIQUE, b BIGINT); CREATE TABLE log (what);");
        fixture.database().execute_batch(made).unwrap();
        let error = fixture.plan(&columns(1), action_named("dropAndLoad").as_ref(), "t").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert!(error.to_string().contains(named), "{made}: {error}");
    }
}

#[tokio::test]
async fn the_same_columns_keep_the_table_and_its_constraints() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT UNIQUE); INSERT INTO t VALUES (7)");
    fixture.publish(&columns(1), "dropAndLoad", "t").await.unwrap();
    assert_eq!(
        fixture.rows("SELECT sql FROM sqlite_schema WHERE name = 't'"),
        ["CREATE TABLE t (a BIGINT UNIQUE)"]
    );
    assert_eq!(fixture.rows("SELECT a FROM t"), ["0", "1", "2"]);
}

#[tokio::test]
async fn a_column_that_allows_no_nulls_is_replaced_by_one_that_does() {
    let fixture = Fixture::with("CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY)");
    let run = Run::of_columns(vec![Arc::new(Int64Array::from(vec![Some(1), None, Some(1)]))]);
    let plan = fixture.plan(&run, action_named("dropAndLoad").as_ref(), "t").await.unwrap();
    assert!(plan.notes().iter().any(|note| note.contains("PRIMARY KEY")), "{:?}", plan.notes());
    fixture.publish(&run, "dropAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT a FROM t"), ["1", "NULL", "1"]);
}

#[tokio::test]
async fn replaced_rows_do_not_cascade_into_tables_that_refer_to_them() {
    let fixture = Fixture::with(
        "CREATE TABLE t (a BIGINT PRIMARY KEY); INSERT INTO t VALUES (1), (7);
         CREATE TABLE child (r REFERENCES t (a) ON DELETE CASCADE); INSERT INTO child VALUES (1);",
    );
    fixture.publish(&columns(1), "truncateAndLoad", "t").await.unwrap();
    assert_eq!(fixture.rows("SELECT r FROM child"), ["1"]);
    fixture.database().execute_batch("INSERT INTO t VALUES (9); INSERT INTO child VALUES (9)").unwrap();
    let error = fixture.publish(&columns(1), "truncateAndLoad", "t").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.to_string().contains("FOREIGN KEY of child to t"), "{error}");
    assert_eq!(fixture.rows("SELECT count(*) FROM t"), ["4"]);
    assert_eq!(fixture.rows("SELECT r FROM child"), ["1", "9"]);
}

#[tokio::test]
async fn a_view_is_no_table_to_publish_to() {
    let fixture = Fixture::with("CREATE VIEW v AS SELECT 1 AS a");
    let name = fixture.target.table_name(&[], "v").unwrap();
    let run = columns(1);
    let mut session = fixture.target.connect(&run.context).await.unwrap();
    assert_eq!(session.inspect(&name).await.unwrap_err().kind(), ErrorKind::Unsupported);
}
