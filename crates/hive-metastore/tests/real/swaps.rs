//! Compare and swap: who reads the same version, only one of them changes it.

use hive_metastore::{Error, ErrorKind, Expected, Metastore};

use super::stack::{Stack, fresh_name};

const ROUNDS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn of_three_writers_exactly_one_wins_in_each_round() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("race");
    session
        .run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS PARQUET TBLPROPERTIES('v'='0')"))
        .await
        .unwrap();
    let mut writers = Vec::new();
    for _ in 0..3 {
        writers.push(stack.metastore().await);
    }
    for round in 0..ROUNDS {
        let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(3));
        let mut tasks = tokio::task::JoinSet::new();
        for (writer, mut metastore) in writers.drain(..).enumerate() {
            let (name, barrier) = (name.clone(), std::sync::Arc::clone(&barrier));
            tasks.spawn(async move {
                let mut table = metastore.table("default", &name).await.unwrap();
                let seen = table.parameter("v").unwrap().unwrap();
                let next = format!("{round}-{writer}");
                table.set_location(format!("{}-{next}", table.location().unwrap().unwrap())).unwrap();
                table.set_parameter("v", &next).unwrap();
                barrier.wait().await;
                let outcome =
                    metastore.alter_table("default", &name, &table, Some(&Expected::new("v", seen))).await;
                (metastore, next, outcome)
            });
        }
        let mut winners = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (metastore, next, outcome) = done.unwrap();
            writers.push(metastore);
            match outcome {
                Ok(()) => winners.push(next),
                Err(error) => {
                    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Modified, false), "{error}");
                }
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let table = writers[0].table("default", &name).await.unwrap();
        assert_eq!(table.parameter("v").unwrap().as_ref(), Some(&winners[0]));
        assert!(table.location().unwrap().unwrap().ends_with(&winners[0]));
    }
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn a_property_that_is_not_there_cannot_be_compared() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session.run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS PARQUET")).await.unwrap();
    let mut metastore = stack.metastore().await;
    let error = swap(&mut metastore, &name).await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Modified, false), "{error}");
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn a_metastore_on_derby_says_that_it_cannot_compare_and_changes_nothing() {
    let Some(stack) = Stack::derby() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session
        .run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS PARQUET TBLPROPERTIES('v'='0')"))
        .await
        .unwrap();
    let mut metastore = stack.metastore().await;
    let error = swap(&mut metastore, &name).await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::Unsupported, false), "{error}");
    assert!(error.message().contains("take a lock"), "{error}");
    let table = metastore.table("default", &name).await.unwrap();
    assert_eq!(table.parameter("v").unwrap().as_deref(), Some("0"));
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

async fn swap(metastore: &mut Metastore, name: &str) -> Result<(), Error> {
    let mut table = metastore.table("default", name).await?;
    table.set_parameter("v", "1")?;
    metastore.alter_table("default", name, &table, Some(&Expected::new("v", "0"))).await
}
