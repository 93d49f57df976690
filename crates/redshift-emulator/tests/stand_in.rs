//! The emulator over real sockets, asked by a client that nobody here wrote (tokio-postgres).

#![allow(clippy::unwrap_used, reason = "a helper of a test fails with it")]

use std::error::Error as _;

use redshift_emulator::{Emulator, FolderStore};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

async fn start(root: &std::path::Path) -> Emulator {
    Emulator::builder().with_objects(FolderStore::new(root)).start().await.unwrap()
}

async fn connect(emulator: &Emulator) -> Client {
    let options = format!(
        "host=127.0.0.1 port={} user={} password={} dbname={}",
        emulator.port(),
        emulator.user(),
        emulator.password(),
        emulator.database()
    );
    let (client, connection) = tokio_postgres::connect(&options, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn rows(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages =
        client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {:?}", error.source()));
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

async fn value(client: &Client, sql: &str) -> String {
    rows(client, sql).await[0][0].clone().unwrap_or_default()
}

async fn refusal(client: &Client, sql: &str) -> (String, String) {
    let error = client.batch_execute(sql).await.expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: no answer of the server"));
    (error.code().code().to_owned(), error.message().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_judged_by_the_rules_of_the_service() {
    let scratch = tempfile::tempdir().unwrap();
    let emulator = start(scratch.path()).await;
    let client = connect(&emulator).await;

    // The version and the settings are those of the service.
    assert_eq!(value(&client, "show server_version").await, "8.0.2");
    assert!(value(&client, "select version()").await.contains("Redshift"));
    assert_eq!(refusal(&client, "show server_version_num").await.0, "42704");

    // Attributes are accepted and shown.
    client
        .batch_execute(
            "create table T (id int primary key distkey, \"Name\" varchar(3) encode zstd, d date sortkey) backup no",
        )
        .await
        .unwrap();
    let shown = rows(
        &client,
        "select \"column\", type, encoding, distkey, sortkey, \"notnull\" from pg_table_def where tablename = 't'",
    )
    .await;
    let shown: Vec<Vec<_>> =
        shown.iter().map(|row| row.iter().map(|v| v.as_deref().unwrap()).collect()).collect();
    assert_eq!(shown[0], ["id", "integer", "az64", "t", "0", "t"]);
    assert_eq!(shown[1], ["name", "character varying(3)", "zstd", "f", "0", "f"]);
    assert_eq!(shown[2], ["d", "date", "none", "f", "1", "f"]);

    // Keys are not enforced; the tables are shown once they have rows.
    client
        .batch_execute("insert into t values (1, 'a', null); insert into t values (1, 'b', null)")
        .await
        .unwrap();
    assert_eq!(value(&client, "select diststyle from svv_table_info where \"table\" = 't'").await, "KEY(id)");
    assert_eq!(value(&client, "select tbl_rows from svv_table_info where \"table\" = 't'").await, "2");

    // Lengths are bytes.
    client.batch_execute("insert into t values (2, 'é1', null)").await.unwrap();
    assert_eq!(refusal(&client, "insert into t values (2, 'éé', null)").await.0, "22001");
    assert_eq!(value(&client, "select 'éé'::varchar(3)").await, "é");

    // Names are folded even in quotes and cut at 127 bytes.
    let long = "L".repeat(130);
    client.batch_execute(&format!("create table \"{long}\" (a int)")).await.unwrap();
    let kept = "l".repeat(127);
    let found = format!("select tablename from pg_table_def where tablename = '{kept}'");
    assert_eq!(value(&client, &found).await, kept);

    for (sql, code) in [
        ("create index i on t (id)", "0A000"),
        ("create table bad (a serial)", "0A000"),
        ("create table bad (a uuid)", "0A000"),
        ("create table bad (a bytea)", "0A000"),
        ("create table bad (a int[])", "0A000"),
        ("create table bad (a int distky)", "42601"),
        ("create table bad (a varchar(65536))", "22023"),
        ("create table bad (a decimal(39,0))", "22023"),
        ("insert into t values (1) on conflict do nothing", "42601"),
        ("insert into t values (1) returning id", "42601"),
        ("copy t from stdin", "0A000"),
        ("copy t to stdout", "0A000"),
        ("select * from pg_range", "42P01"),
        ("select typarray from pg_type", "42703"),
        ("truncate t cascade", "42601"),
        ("lock t in share mode", "42601"),
        ("alter table t add column x int not null", "0A000"),
        ("unload ('select 1') to 's3://b/k' iam_role default format as parquet", "0A000"),
    ] {
        assert_eq!(refusal(&client, sql).await.0, code, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_end_as_they_do_on_the_service() {
    let scratch = tempfile::tempdir().unwrap();
    let emulator = start(scratch.path()).await;
    let client = connect(&emulator).await;
    client.batch_execute("create table t (a int); insert into t values (1)").await.unwrap();

    for (sql, code) in [
        ("vacuum t", "25001"),
        ("alter table t append from t", "25001"),
        ("alter table t alter column a encode zstd", "25001"),
        ("savepoint s", "0A000"),
    ] {
        client.batch_execute("begin").await.unwrap();
        assert_eq!(refusal(&client, sql).await.0, code, "{sql}");
        // An error of the proxy fails the transaction as any other.
        assert_eq!(refusal(&client, "select 1").await.0, "25P02");
        client.batch_execute("rollback").await.unwrap();
    }
    client.batch_execute("vacuum t").await.unwrap();

    // DDL is rolled back with its attributes.
    client
        .batch_execute("begin; create table u (a int distkey); insert into u values (1); rollback")
        .await
        .unwrap();
    assert_eq!(value(&client, "select count(*) from svv_table_info where \"table\" = 'u'").await, "0");

    // TRUNCATE commits what stands before it.
    client.batch_execute("begin; create table u (a int); truncate t").await.unwrap();
    client.batch_execute("rollback").await.unwrap();
    assert_eq!(value(&client, "select count(*) from t").await, "0");
    assert_eq!(value(&client, "select count(*) from u").await, "0");

    // By the extended protocol too.
    client.batch_execute("begin").await.unwrap();
    client.execute("insert into u values (1)", &[]).await.unwrap();
    client.execute("truncate table t", &[]).await.unwrap();
    client.batch_execute("rollback").await.unwrap();
    assert_eq!(client.query("select a from u where a = $1", &[&1_i32]).await.unwrap().len(), 1);

    // A string of statements is one transaction.
    refusal(&client, "insert into u values (2); insert into nowhere values (1)").await;
    assert_eq!(value(&client, "select count(*) from u").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_and_readers_meet_the_errors_of_the_service() {
    let scratch = tempfile::tempdir().unwrap();
    let emulator = start(scratch.path()).await;
    let (one, two) = (connect(&emulator).await, connect(&emulator).await);
    one.batch_execute("create table t (a int); create table u (a int)").await.unwrap();

    // A cycle of two serializable writers.
    one.batch_execute("begin; insert into t select count(*) from u").await.unwrap();
    two.batch_execute("begin; insert into u select count(*) from t").await.unwrap();
    one.batch_execute("commit").await.unwrap();
    let (code, message) = refusal(&two, "commit").await;
    assert_eq!((code.as_str(), message.as_str()), ("XX000", "1023"));

    // A reader that waits for a rename finds no table.
    one.batch_execute("create table t_new (a int)").await.unwrap();
    one.batch_execute("begin; alter table t rename to t_old; alter table t_new rename to t").await.unwrap();
    let reading = two.batch_execute("select * from t");
    let ending = async {
        tokio::task::yield_now().await;
        one.batch_execute("commit").await
    };
    let (read, ended) = tokio::join!(reading, ending);
    ended.unwrap();
    let error = read.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().code().code(), "42P01");
    two.batch_execute("select * from t").await.unwrap();

    // A late-binding view follows the name and doesn't hold the table.
    one.batch_execute("create view v as select a from t with no schema binding").await.unwrap();
    one.batch_execute("drop table t; create table t (a int); insert into t values (7)").await.unwrap();
    assert_eq!(value(&two, "select a from v").await, "7");
}
