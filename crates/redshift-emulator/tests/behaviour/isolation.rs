//! Transactions beside each other, under both isolations.

use std::time::Duration;

use redshift_emulator::Isolation;

use crate::support::{ROLE, Stand, connect, refusal, rows, run};

#[tokio::test(flavor = "multi_thread")]
async fn two_replacements_of_one_table_conflict_under_both_isolations() {
    for (isolation, message) in [
        (Isolation::Serializable, "1023"),
        (Isolation::Snapshot, "could not complete because of conflict with concurrent transaction"),
    ] {
        let stand = Stand::start_with(|builder| builder.with_isolation(isolation)).await;
        let two = connect(&stand.emulator).await;
        stand.run("create table t (a int); insert into t values (0)").await;
        stand.run("begin; delete from t; insert into t values (1)").await;
        run(&two, "begin").await;
        let ending = async {
            // The other waits for the table.
            tokio::time::sleep(Duration::from_millis(200)).await;
            stand.run("commit").await;
        };
        let (refused, ()) = tokio::join!(refusal(&two, "delete from t"), ending);
        assert_eq!((refused.code.as_str(), refused.message.as_str()), ("XX000", message));
        run(&two, "rollback").await;
        assert_eq!(rows(&two, "select a from t").await, ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_table_wait_for_each_other_and_readers_do_not() {
    let stand = Stand::start_with(|builder| builder.with_isolation(Isolation::Snapshot)).await;
    stand.put("x", "2\n");
    let two = connect(&stand.emulator).await;
    stand.run("create table t (a int); insert into t values (0)").await;
    for write in [
        format!("copy t from 's3://b/x' {ROLE}"),
        "insert into t values (2)".to_owned(),
        "update t set a = 2 where a = 7".to_owned(),
    ] {
        stand.run("begin; insert into t values (1)").await;
        assert_eq!(rows(&two, "select count(*) from t where a = 1").await, ["0"]);
        let writing = run(&two, &write);
        let waited = tokio::time::timeout(Duration::from_millis(300), writing).await;
        assert!(waited.is_err(), "{write} does not wait");
        stand.run("rollback").await;
        // The statement that was given up by the client has been carried out meanwhile.
        assert_eq!(rows(&two, "select 1").await, ["1"]);
    }
    assert_eq!(rows(&two, "select count(*) from t where a = 2").await, ["2"]);

    // By the extended protocol too, with parameters.
    stand.run("begin; insert into t values (1)").await;
    let statement = two.prepare("select 1").await.unwrap();
    let writing = async {
        let written = two.execute("insert into t values ($1)", &[&9_i32]).await.unwrap();
        assert_eq!(written, 1);
    };
    let ending = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(stand.rows("select count(*) from t where a = 9").await, ["0"]);
        stand.run("commit").await;
    };
    tokio::join!(writing, ending);
    two.query(&statement, &[]).await.unwrap();
    assert_eq!(rows(&two, "select count(*) from t where a = 9").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_commits_while_another_replaces_counts_as_after_it() {
    let stand = Stand::start_with(|builder| builder.with_isolation(Isolation::Snapshot)).await;
    let two = connect(&stand.emulator).await;
    stand.run("create table t (a int); create table u (a int); insert into t values (0)").await;
    // The snapshot of the first is taken before the second commits.
    stand.run("begin; select count(*) from u").await;
    run(&two, "insert into t values (5)").await;
    stand.run("delete from t; insert into t values (1); commit").await;
    assert_eq!(rows(&two, "select a from t order by a").await, ["1", "5"]);

    // A lock that stands first comes before the snapshot.
    stand.run("begin; lock t").await;
    let waiting = run(&two, "insert into t values (6)");
    let ending = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stand.run("delete from t; commit").await;
    };
    tokio::join!(waiting, ending);
    assert_eq!(rows(&two, "select a from t").await, ["6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_isolation_of_a_database_is_shown_and_changed() {
    let stand = Stand::start().await;
    let shown = "select trim(isolation_level) from stv_db_isolation_level where db_name = current_database()";
    assert_eq!(stand.rows(shown).await, ["Serializable"]);
    stand.run("begin").await;
    assert_eq!(stand.refusal("alter database dev isolation level snapshot").await.code, "25001");
    stand.run("rollback; alter database dev isolation level snapshot").await;
    assert_eq!(stand.refusal("alter database dev isolation level chaos").await.code, "42601");
    let later = connect(&stand.emulator).await;
    assert_eq!(rows(&later, shown).await, ["Snapshot Isolation"]);
    run(
        &later,
        "create table t (a int); create table u (a int); begin; insert into t select count(*) from u",
    )
    .await;
    let two = connect(&stand.emulator).await;
    run(&two, "begin; insert into u select count(*) from t").await;
    run(&later, "commit").await;
    // A cycle that error 1023 would end.
    run(&two, "commit").await;
}
