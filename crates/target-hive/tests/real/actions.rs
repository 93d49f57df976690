//! The five actions, one after the other, on tables of each kind.

use publish_core::{ErrorKind, RunOutcome};
use target_hive::NewTableKind;

use crate::place::Place;

const FIRST: &str = "Id,name,price\n1,Ada,1.50\n2,\"Bo\nb\",\n";
const SECOND: &str = "id,NAME,price\n3,\"\",100.25\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_external_table_is_made_added_to_and_replaced() {
    let Some(place) = Place::new().await else { return };
    make_add_and_replace(&place).await;
    let location = place.location_of("t").await;
    assert!(location.file_name().starts_with("t.pub_r4_"), "{location}");
    // The directories of earlier versions are gone, since there is no grace.
    let warehouse = place.root.join("warehouse").unwrap().join(&format!("{}.db", place.database)).unwrap();
    let files = place.files(&warehouse).await;
    assert!(files.iter().all(|file| file.starts_with(location.file_name())), "{files:?}");
    assert_eq!(place.files(&place.root.join("publish/staged").unwrap()).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_only_table_is_made_added_to_and_replaced() {
    let Some(place) = Place::with(|config| config.table_kind = NewTableKind::InsertOnly).await else {
        return;
    };
    make_add_and_replace(&place).await;
    let tables = place.query(&format!("SHOW TABLES IN {}", place.database)).await.unwrap();
    assert_eq!(tables, ["\"t\""]);
    assert_eq!(place.files(&place.root.join("publish/staged").unwrap()).await, Vec::<String>::new());
}

async fn make_add_and_replace(place: &Place) {
    let first = place.put("first.csv", FIRST).await;
    let second = place.put("second.csv", SECOND).await;
    let publish = async |run, action, files: &[_]| {
        let report = Box::pin(place.publish(run, action, "t", files)).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{action}: {report:?}");
        assert!(report.leftovers.is_empty(), "{report:?}");
        report.row_count
    };
    assert_eq!(publish("r1", "createAndLoad", std::slice::from_ref(&first)).await, Some(2));
    assert_eq!(place.rows_of("t").await, ["1|\"Ada\"|1.5", "2|\"Bo\\nb\"|null"]);
    assert_eq!(publish("r2", "load", std::slice::from_ref(&second)).await, Some(1));
    assert_eq!(place.rows_of("t").await, ["1|\"Ada\"|1.5", "2|\"Bo\\nb\"|null", "3|\"\"|100.25"]);
    // The same run again loads nothing.
    assert_eq!(publish("r2", "load", std::slice::from_ref(&second)).await, Some(1));
    assert_eq!(place.rows_of("t").await.len(), 3);
    assert_eq!(publish("r3", "truncateAndLoad", &[second]).await, Some(1));
    assert_eq!(place.rows_of("t").await, ["3|\"\"|100.25"]);
    assert_eq!(publish("r4", "dropAndLoad", &[first]).await, Some(2));
    assert_eq!(place.rows_of("t").await, ["1|\"Ada\"|1.5", "2|\"Bo\\nb\"|null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_made_without_rows() {
    let Some(place) = Place::new().await else { return };
    let first = place.put("first.csv", FIRST).await;
    let report = place.publish("r1", "create", "t", std::slice::from_ref(&first)).await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(0)), "{report:?}");
    assert_eq!(place.rows_of("t").await, Vec::<String>::new());
    let report = place.publish("r2", "load", "t", &[first]).await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(2)), "{report:?}");
    assert_eq!(place.rows_of("t").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_somebody_else_made_are_added_to_and_replaced() {
    let Some(place) = Place::new().await else { return };
    let (database, root) = (&place.database, &place.root);
    let file = place.put("second.csv", SECOND).await;
    place
        .run(&format!("CREATE TABLE {database}.avro (id bigint, name string, price double) STORED AS AVRO"))
        .await;
    place
        .run(&format!(
            "CREATE EXTERNAL TABLE {database}.kept (id bigint, name string, price double, others array<int>) \
             STORED AS PARQUET LOCATION '{root}/theirs/kept'"
        ))
        .await;
    for (table, more) in [("avro", ""), ("kept", "|null")] {
        place.run(&format!("INSERT INTO {database}.{table} (id) VALUES (7)")).await;
        let old = place.location_of(table).await;
        let report = place.publish(&format!("{table}_1"), "load", table, std::slice::from_ref(&file)).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        let added = format!("3|\"\"|100.25{more}");
        assert_eq!(place.rows_of(table).await, [added.clone(), format!("7|null|null{more}")]);
        let report =
            place.publish(&format!("{table}_2"), "truncateAndLoad", table, std::slice::from_ref(&file)).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        assert_eq!(place.rows_of(table).await, [added]);
        // DROP would delete the files of the translated table, and not those of the other.
        place
            .engine()
            .sweep(&(std::sync::Arc::new(place.target.clone()) as _), &Default::default())
            .await
            .unwrap();
        assert_eq!(
            place.files(&old).await.is_empty(),
            table == "avro",
            "{table}: {:?}",
            place.files(&old).await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_is_told_as_such() {
    let Some(place) = Place::new().await else { return };
    let file = place.put("second.csv", SECOND).await;
    let request = place.request("r1", "createAndLoad", "t", &[file]).with_path(vec!["no_such_db".to_owned()]);
    let target = std::sync::Arc::new(place.target.clone()) as std::sync::Arc<dyn publish_core::Target>;
    let (events, cancel) = (std::sync::Arc::new(publish_core::NoEvents), publish_core::Cancel::default());
    let error = Box::pin(place.engine().publish(&target, &request, events, &cancel)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}
