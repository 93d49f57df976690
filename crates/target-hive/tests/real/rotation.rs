//! Columns and rows that are replaced by two renames, and what is between them.

use std::sync::Arc;
use std::time::Duration;

use hive_metastore::Metastore;
use hive_stack::HiveStack;
use publish_core::{Atomicity, Cancel, ErrorKind, NoEvents, RequestOptions, RunOutcome, TableNaming, Target};
use target_hive::{HiveConfig, NewTableKind};

use crate::place::{LEASE_SECONDS, Place};
use crate::watch::Readers;

const OLD: &str = "id,name\n1,Ada\n2,Bo\n";
const NEW: &str = "label,id\nx,10\n";
const OLD_ROWS: [&str; 2] = ["1|\"Ada\"", "2|\"Bo\""];
const NEW_ROWS: [&str; 1] = ["\"x\"|10"];

async fn with_table(place: &Place) {
    let old = place.put("old.csv", OLD).await;
    let report = place.publish("r1", "createAndLoad", "t", &[old]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
}

async fn metastore() -> Metastore {
    let uri = HiveStack::get().unwrap().metastore();
    Metastore::connect(&hive_metastore::Config::from_uris(uri).unwrap()).await.unwrap()
}

/// Returns as soon as the table has been renamed away.
async fn until_away(metastore: &mut Metastore, database: &str) {
    while metastore.table(database, "pub_r2_1_old").await.is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn tables(place: &Place) -> Vec<String> {
    place.query(&format!("SHOW TABLES IN {}", place.database)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_renamed_away_and_the_new_one_has_its_grants() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let (database, new) = (&place.database, place.put("new.csv", NEW).await);
    place.run(&format!("GRANT SELECT ON TABLE {database}.t TO USER bob WITH GRANT OPTION")).await;
    place.run(&format!("ALTER TABLE {database}.t SET TBLPROPERTIES('team'='red', 'comment'='days')")).await;

    let readers = Readers::of(&place, "t");
    let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
    let seen = readers.end().await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(1)), "{report:?}");
    assert!(report.leftovers.is_empty(), "{report:?}");
    assert_eq!(place.rows_of("t").await, NEW_ROWS);
    // What the plan declares is an error; other rows are never seen.
    for rows in seen {
        match rows {
            Ok(rows) => assert!(rows == OLD_ROWS || rows == NEW_ROWS, "{rows:?}"),
            Err(error) => {
                let is_declared = ["Table not found", "FileNotFound", "does not exist"];
                assert!(is_declared.iter().any(|text| error.contains(text)), "{error}");
            }
        }
    }
    let grants = place.query(&format!("SHOW GRANT USER bob ON TABLE {database}.t")).await.unwrap();
    assert_eq!(grants.len(), 1, "{grants:?}");
    assert!(grants[0].contains("SELECT") && grants[0].contains("true"), "{grants:?}");
    let described = place.query(&format!("DESCRIBE FORMATTED {database}.t")).await.unwrap().join("\n");
    assert!(described.contains("team") && described.contains("days"), "{described}");
    // No grace: the old table is gone, and its files with it.
    assert_eq!(tables(&place).await, ["\"t\""]);
    let location = place.location_of("t").await;
    let warehouse = place.root.join("warehouse").unwrap();
    let files = place.files(&warehouse).await;
    assert!(files.iter().all(|file| file.contains(location.file_name())), "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_that_can_not_be_given_again_are_warned_of() {
    // A session in which nothing of grants can be asked for, as where the server keeps them elsewhere.
    let without_grants = |config: &mut HiveConfig| {
        let (key, value) = ("hive.security.authorization.task.factory", "no.such.Factory");
        config.settings.insert(key.to_owned(), value.to_owned());
    };
    let Some(place) = Place::with(without_grants).await else { return };
    with_table(&place).await;
    let (database, new) = (&place.database, place.put("new.csv", NEW).await);
    place.run(&format!("GRANT SELECT ON TABLE {database}.t TO USER eve")).await;
    let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(place.rows_of("t").await, NEW_ROWS);
    let grants = place.query(&format!("SHOW GRANT USER eve ON TABLE {database}.t")).await.unwrap();
    assert!(grants.is_empty(), "{grants:?}");
    let [warning] = report.leftovers.as_slice() else { panic!("one warning: {report:?}") };
    assert!(warning.message().contains("grants"), "{warning:?}");
    assert!(warning.to_string().contains(&format!("{database}.t")), "{warning:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_only_table_is_renamed_away_too() {
    let Some(place) = Place::with(|config| config.table_kind = NewTableKind::InsertOnly).await else {
        return;
    };
    with_table(&place).await;
    let new = place.put("new.csv", NEW).await;
    let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(place.rows_of("t").await, NEW_ROWS);
    assert_eq!(tables(&place).await, ["\"t\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_must_be_atomic_is_refused() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let new = place.put("new.csv", NEW).await;
    let options =
        RequestOptions::default().with_table_naming(TableNaming::Exact).with_atomic(Atomicity::Required);
    let request = place.request("r2", "dropAndLoad", "t", &[new]).with_options(options);
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let engine = place.engine();
    let error = Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default())).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(error.to_string().contains("Table not found"), "{error:?}");
    assert_eq!(place.rows_of("t").await, OLD_ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_put_back_when_the_new_one_does_not_come() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let new = [place.put("new.csv", NEW).await];
    let mut metastore = metastore().await;
    let steal = async {
        until_away(&mut metastore, &place.database).await;
        // Somebody else renames the new table in the instant between the two renames.
        let mut table = metastore.table(&place.database, "pub_r2_1").await.unwrap();
        table.set_name("stolen");
        metastore.alter_table(&place.database, "pub_r2_1", &table, None).await.unwrap();
    };
    let (report, ()) = tokio::join!(Box::pin(place.publish("r2", "dropAndLoad", "t", &new)), steal);
    // All is as it was, but that somebody else has the new files now: they are theirs.
    assert_eq!(report.outcome, RunOutcome::RollbackFailed, "{report:?}");
    let [left] = report.leftovers.as_slice() else { panic!("one directory: {report:?}") };
    assert!(left.to_string().contains(&format!("{}.stolen", place.database)), "{left}");
    assert_eq!(place.rows_of("t").await, OLD_ROWS);
    assert_eq!(tables(&place).await, ["\"stolen\"", "\"t\""]);
    assert_eq!(place.rows_of("stolen").await, NEW_ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_that_died_between_the_renames_left_is_rolled_forward() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let new = place.put("new.csv", NEW).await;
    let mut metastore = metastore().await;
    let (database, new) = (&place.database, [new]);
    tokio::select! {
        // It dies as soon as the table is away: its future is dropped, and its connections with it.
        () = until_away(&mut metastore, database) => {}
        report = Box::pin(place.publish("r2", "dropAndLoad", "t", &new)) => {
            panic!("it was to be caught between the renames: {report:?}");
        }
    }
    let gone = place.query(&format!("SELECT * FROM {database}.t")).await;
    assert_eq!(gone.unwrap_err().kind(), hiveserver2::ErrorKind::NotFound);

    // Its lease runs out, then anybody's next run on the table finds it.
    // It goes by the clock of HDFS, which nobody turns.
    tokio::time::sleep(Duration::from_secs(LEASE_SECONDS + 1)).await;
    let more = place.put("more.csv", "label,id\ny,11\n").await;
    let report = place.publish("r3", "load", "t", &[more]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(place.rows_of("t").await, ["\"x\"|10", "\"y\"|11"]);
    // And the dead run is known as published.
    let report = place.publish("r2", "dropAndLoad", "t", &new).await;
    assert!(report.was_published_before, "{report:?}");
    assert_eq!(place.rows_of("t").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_engines_that_rename_a_table_at_once_each_result_is_whole() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let publish = async |writer: usize| {
        let file = place.put(&format!("w{writer}.csv"), format!("w{writer},n\n{writer},1\n")).await;
        Box::pin(place.publish(&format!("w{writer}"), "dropAndLoad", "t", &[file])).await
    };
    let mut published = Vec::new();
    for report in futures::future::join_all([publish(0), publish(1)]).await {
        match report.outcome {
            RunOutcome::Published => published.push(report.run.to_string()),
            RunOutcome::RolledBack => {}
            _ => panic!("{report:?}"),
        }
    }
    assert!(!published.is_empty());
    let columns = place.query(&format!("DESCRIBE {}.t", place.database)).await.unwrap();
    let last = published.iter().find(|run| columns[0].starts_with(&format!("\"{run}"))).unwrap();
    assert_eq!(place.rows_of("t").await, [format!("{}|1", last.trim_start_matches('w'))]);
    assert_eq!(tables(&place).await, ["\"t\""]);
}
