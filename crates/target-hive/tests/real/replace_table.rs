//! Columns and rows that are replaced by one call of the metastore.

use hive_stack::HiveStack;
use publish_core::RunOutcome;
use target_hive::HiveConfig;

use crate::place::Place;
use crate::watch::Readers;

const OLD: &str = "id,name\n1,Ada\n2,Bo\n";
/// Other names, other types in the same places, another number of columns.
const NEW: &str = "label,id,on\nx,10,2024-01-01\n";

fn with_metastore(config: &mut HiveConfig) {
    config.metastore = Some(HiveStack::get().unwrap().metastore().to_owned());
    // Readers of the old version go on.
    config.grace_seconds = 60;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_and_rows_change_in_one_act_and_the_rest_stays() {
    if HiveStack::is_left_out() {
        return;
    }
    let Some(place) = Place::with(with_metastore).await else { return };
    let database = &place.database;
    place
        .run(&format!(
            "CREATE EXTERNAL TABLE {database}.t (id bigint COMMENT 'the key', name string) COMMENT 'days' STORED AS PARQUET \
             LOCATION '{}/theirs/t' TBLPROPERTIES('team'='red')",
            place.root
        ))
        .await;
    place.run(&format!("INSERT INTO {database}.t VALUES (1, 'Ada'), (2, 'Bo')")).await;
    place.run(&format!("GRANT SELECT ON TABLE {database}.t TO USER bob")).await;
    let new = place.put("new.csv", NEW).await;

    let readers = Readers::of(&place, "t");
    let report = place.publish("r1", "dropAndLoad", "t", &[new]).await;
    let seen = readers.end().await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(1)), "{report:?}");
    let (old, new) = (["1|\"Ada\"", "2|\"Bo\""].as_slice(), ["\"x\"|10|2024-01-01"].as_slice());
    assert_eq!(place.rows_of("t").await, new);
    for rows in &seen {
        let rows = rows.as_ref().unwrap_or_else(|error| panic!("{error}"));
        assert!(rows == old || rows == new, "{rows:?}");
    }
    let described = place.query(&format!("DESCRIBE FORMATTED {database}.t")).await.unwrap().join("\n");
    for kept in ["the key", "days", "\"team ", "r1_1"] {
        assert!(described.contains(kept), "{kept}: {described}");
    }
    let grants = place.query(&format!("SHOW GRANT USER bob ON TABLE {database}.t")).await.unwrap();
    assert_eq!(grants.len(), 1, "{grants:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_columns_get_new_files_by_the_same_call() {
    if HiveStack::is_left_out() {
        return;
    }
    let Some(place) = Place::with(with_metastore).await else { return };
    let old = place.put("old.csv", OLD).await;
    let other = place.put("other.csv", "id,name\n3,Cy\n").await;
    assert_eq!(place.publish("r1", "createAndLoad", "t", &[old]).await.outcome, RunOutcome::Published);
    for (run, action) in [("r2", "truncateAndLoad"), ("r3", "dropAndLoad")] {
        let report = place.publish(run, action, "t", std::slice::from_ref(&other)).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        assert_eq!(place.rows_of("t").await, ["3|\"Cy\""]);
        assert!(place.location_of("t").await.file_name().contains(run));
    }
    // The same run again changes nothing.
    let report = place.publish("r3", "dropAndLoad", "t", &[other]).await;
    assert!(report.was_published_before, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_engines_that_replace_a_table_at_once_each_result_is_whole() {
    if HiveStack::is_left_out() {
        return;
    }
    let Some(place) = Place::with(with_metastore).await else { return };
    let old = place.put("old.csv", OLD).await;
    assert_eq!(place.publish("r1", "createAndLoad", "t", &[old]).await.outcome, RunOutcome::Published);
    let publish = async |writer: usize| {
        // Each with a column of its own.
        let file = place.put(&format!("w{writer}.csv"), format!("w{writer},n\n{writer},1\n")).await;
        Box::pin(place.publish(&format!("w{writer}"), "dropAndLoad", "t", &[file])).await
    };
    let mut published = Vec::new();
    for report in futures::future::join_all([publish(0), publish(1), publish(2)]).await {
        if report.outcome == RunOutcome::Published {
            published.push(report.run.to_string());
        } else {
            assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
        }
    }
    assert!(!published.is_empty());
    let columns = place.query(&format!("DESCRIBE {}.t", place.database)).await.unwrap();
    let last = published.iter().find(|run| columns[0].starts_with(&format!("\"{run}"))).unwrap();
    assert_eq!(place.rows_of("t").await, [format!("{}|1", last.trim_start_matches('w'))]);
    assert!(place.location_of("t").await.file_name().contains(last.as_str()));
}
