//! A view in front: the name that readers use shows one table a version.

use publish_core::{ErrorKind, RunOutcome};
use target_hive::Front;

use crate::place::Place;
use crate::watch::Readers;

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_view_see_one_version_or_the_other() {
    let Some(place) = Place::with(|config| {
        config.front = Front::View;
        config.grace_seconds = 30;
    })
    .await
    else {
        return;
    };
    let database = &place.database;
    let old = place.put("old.csv", "id,name\n1,Ada\n2,Bo\n").await;
    let report = place.publish("r1", "createAndLoad", "t", &[old]).await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(2)), "{report:?}");
    place.run(&format!("GRANT SELECT ON TABLE {database}.t TO USER bob")).await;

    let new = place.put("new.csv", "label,id\nx,10\n").await;
    let readers = Readers::of(&place, "t");
    let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
    let seen = readers.end().await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(1)), "{report:?}");
    let (old, new) = (["1|\"Ada\"", "2|\"Bo\""].as_slice(), ["\"x\"|10"].as_slice());
    assert_eq!(place.rows_of("t").await, new);
    for rows in &seen {
        let rows = rows.as_ref().unwrap_or_else(|error| panic!("{error}"));
        assert!(rows == old || rows == new, "{rows:?}");
    }
    let grants = place.query(&format!("SHOW GRANT USER bob ON TABLE {database}.t")).await.unwrap();
    assert_eq!(grants.len(), 1, "{grants:?}");
    // Readers of the old version go on until the grace is over.
    assert_eq!(place.rows_of("pub_r1_1").await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_that_is_no_longer_shown_is_dropped_after_the_grace() {
    let Some(place) = Place::with(|config| config.front = Front::View).await else { return };
    for (run, action, text) in
        [("r1", "createAndLoad", "a\n1\n"), ("r2", "dropAndLoad", "b\nx\n"), ("r3", "dropAndLoad", "c\n2\n")]
    {
        let file = place.put(&format!("{run}.csv"), text).await;
        let report = place.publish(run, action, "t", &[file]).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        assert!(report.leftovers.is_empty(), "{report:?}");
    }
    let mut tables = place.query(&format!("SHOW TABLES IN {}", place.database)).await.unwrap();
    tables.sort();
    assert_eq!(tables, ["\"pub_r3_1\"", "\"t\""]);
    assert_eq!(place.rows_of("t").await, ["2"]);
    let files = place.files(&place.root.join("warehouse").unwrap()).await;
    assert!(files.iter().all(|file| file.contains("pub_r3_1")), "{files:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_not_made_a_view() {
    let Some(place) = Place::with(|config| config.front = Front::View).await else { return };
    place
        .run(&format!(
            "CREATE EXTERNAL TABLE {}.t (id bigint) STORED AS PARQUET LOCATION '{}/t'",
            place.database, place.root
        ))
        .await;
    let file = place.put("new.csv", "label\nx\n").await;
    let request = place.request("r1", "dropAndLoad", "t", &[file]);
    let target = std::sync::Arc::new(place.target.clone()) as std::sync::Arc<dyn publish_core::Target>;
    let (events, cancel) = (std::sync::Arc::new(publish_core::NoEvents), publish_core::Cancel::default());
    let error = Box::pin(place.engine().publish(&target, &request, events, &cancel)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(error.message().contains("front"), "{error:?}");
}
