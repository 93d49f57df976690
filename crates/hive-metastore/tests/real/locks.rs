//! Locks, which stand in for the comparison where the database cannot make it.

use std::time::Duration;

use hive_metastore::{ErrorKind, LockState, Metastore};

use super::stack::{Stack, fresh_name};

#[tokio::test]
async fn one_holds_the_lock_and_the_other_waits_for_it() {
    let Some(stack) = Stack::derby() else { return };
    let (mut first, mut second) = (stack.metastore().await, stack.metastore().await);
    let name = fresh_name("locked");
    let (held, state) = first.lock("default", &name, "test").await.unwrap();
    assert_eq!(state, LockState::Acquired);
    let (waiting, state) = second.lock("default", &name, "test").await.unwrap();
    assert_eq!(state, LockState::Waiting);
    assert_eq!(second.check_lock(&waiting).await.unwrap(), LockState::Waiting);
    first.keep_lock(&held).await.unwrap();
    first.unlock(held.clone()).await.unwrap();
    assert_eq!(until_acquired(&mut second, &waiting).await, LockState::Acquired);
    second.unlock(waiting).await.unwrap();
    // It is gone: nobody may go on as if it were held.
    let error = first.keep_lock(&held).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockLost, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_take_the_lock_lose_no_change_on_derby() {
    let Some(stack) = Stack::derby() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session
        .run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS PARQUET TBLPROPERTIES('v'='0')"))
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..2_u64 {
        let name = name.clone();
        tasks.spawn(async move {
            let mut metastore = stack.metastore().await;
            for _ in 0..4 {
                // Who has to wait gives way: on Derby those who wait and those who work get in each other's way.
                let lock = loop {
                    let (lock, state) = metastore.lock("default", &name, "test").await.unwrap();
                    if state == LockState::Acquired {
                        break lock;
                    }
                    metastore.unlock(lock).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(300 + 200 * writer)).await;
                };
                let mut table = metastore.table("default", &name).await.unwrap();
                let count: u32 = table.parameter("v").unwrap().unwrap().parse().unwrap();
                table.set_parameter("v", (count + 1).to_string()).unwrap();
                metastore.alter_table("default", &name, &table, None).await.unwrap();
                metastore.unlock(lock).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let table = stack.metastore().await.table("default", &name).await.unwrap();
    assert_eq!(table.parameter("v").unwrap().as_deref(), Some("8"));
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

/// Asks until the lock is held; the metastore has no call that waits.
async fn until_acquired(metastore: &mut Metastore, lock: &hive_metastore::Lock) -> LockState {
    loop {
        let state = metastore.check_lock(lock).await.unwrap();
        if state == LockState::Acquired {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
