//! Directories that a publish replaced, and that tables of somebody else have too: they are left, and named.

use std::sync::Arc;

use hive_stack::HiveStack;
use publish_core::{Error, Report, RunOutcome, SweepOptions, Target};
use target_hive::{Front, HiveConfig};

use crate::place::Place;

const OLD: &str = "id,name\n1,Ada\n2,Bo\n";
const OLD_ROWS: [&str; 2] = ["1|\"Ada\"", "2|\"Bo\""];
const SAME_COLUMNS: &str = "id,name\n3,Cy\n";
const OTHER_COLUMNS: &str = "label,id\nx,10\n";

fn with_metastore(config: &mut HiveConfig) {
    config.metastore = Some(HiveStack::get().unwrap().metastore().to_owned());
}

/// Publishes the first version of `t`.
async fn with_table(place: &Place) {
    let old = place.put("old.csv", OLD).await;
    let report = place.publish("r1", "createAndLoad", "t", &[old]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
}

async fn replace(place: &Place, rows: &str) -> Report {
    let new = place.put("new.csv", rows.to_owned()).await;
    let report = place.publish("r2", "dropAndLoad", "t", &[new]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    report
}

/// Sweeps, and gives what could not be removed.
async fn sweep(place: &Place) -> Vec<Error> {
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let engine = place.engine();
    Box::pin(engine.sweep(&target, &SweepOptions::default())).await.unwrap().failures
}

/// Exactly one warning, which names the other table and the directory.
fn assert_names(leftovers: &[Error], other: &str, directory: &str) {
    let [left] = leftovers else { panic!("one thing is left: {leftovers:?}") };
    let text = left.to_string();
    assert!(text.contains(other) && text.contains(directory), "{text}");
}

/// Files of the first version are kept while `backup` has them, and removed once it is gone.
async fn assert_kept_then_removed(place: &Place, report: &Report, directory: &str) {
    let (database, warehouse) = (&place.database, place.root.join("warehouse").unwrap());
    assert_eq!(place.rows_of("backup").await, OLD_ROWS);
    assert_names(&report.leftovers, &format!("{database}.backup"), directory);
    assert_names(&sweep(place).await, &format!("{database}.backup"), directory);
    assert_eq!(place.rows_of("backup").await, OLD_ROWS);
    place.run(&format!("DROP TABLE {database}.backup")).await;
    let left = sweep(place).await;
    assert!(left.is_empty(), "{left:?}");
    let files = place.files(&warehouse).await;
    assert!(!files.is_empty() && files.iter().all(|file| file.contains("pub_r2_1")), "{files:?}");
}

/// Somebody's own table over the files of `t`.
async fn backup(place: &Place, of: &str) -> String {
    let (database, directory) = (&place.database, place.location_of(of).await);
    place
        .run(&format!(
            "CREATE EXTERNAL TABLE {database}.backup (id bigint, name string) STORED AS PARQUET LOCATION '{directory}'"
        ))
        .await;
    directory.file_name().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_directory_is_kept_while_another_table_has_it() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let directory = backup(&place, "t").await;
    let report = replace(&place, SAME_COLUMNS).await;
    assert_kept_then_removed(&place, &report, &directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_directory_is_kept_while_the_metastore_names_another_table_of_it() {
    if HiveStack::is_left_out() {
        return;
    }
    let Some(place) = Place::with(with_metastore).await else { return };
    with_table(&place).await;
    let directory = backup(&place, "t").await;
    let report = replace(&place, OTHER_COLUMNS).await;
    assert_kept_then_removed(&place, &report, &directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_renamed_away_is_kept_while_another_has_its_files() {
    let Some(place) = Place::new().await else { return };
    with_table(&place).await;
    let directory = backup(&place, "t").await;
    let report = replace(&place, OTHER_COLUMNS).await;
    assert_kept_then_removed(&place, &report, &directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_behind_a_view_is_kept_while_another_table_has_its_files() {
    let Some(place) = Place::with(|config| config.front = Front::View).await else { return };
    with_table(&place).await;
    let directory = backup(&place, "pub_r1_1").await;
    let report = replace(&place, OTHER_COLUMNS).await;
    assert_kept_then_removed(&place, &report, &directory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_directory_is_kept_while_a_partition_of_another_database_has_it() {
    let archive = |config: &mut HiveConfig| {
        let archive = format!("{}_archive", config.database);
        config.reference_databases = vec![archive];
    };
    let Some(place) = Place::with(archive).await else { return };
    with_table(&place).await;
    let (archive, directory) = (format!("{}_archive", place.database), place.location_of("t").await);
    for statement in [
        format!("CREATE DATABASE {archive}"),
        format!(
            "CREATE EXTERNAL TABLE {archive}.backup (id bigint, name string) PARTITIONED BY (day date, note string) \
             STORED AS PARQUET LOCATION '{}/backup'",
            place.root
        ),
        format!(
            "ALTER TABLE {archive}.backup ADD PARTITION (day='2024-01-01', note='a/b=c %\\'') PARTITION (day='2024-01-02', \
             note='x') LOCATION '{directory}'"
        ),
    ] {
        place.run(&statement).await;
    }
    let report = replace(&place, SAME_COLUMNS).await;
    assert_names(&report.leftovers, &format!("{archive}.backup"), directory.file_name());
    let rows = place.query(&format!("SELECT id FROM {archive}.backup")).await.unwrap();
    assert_eq!(rows.len(), 2);
    place.run(&format!("ALTER TABLE {archive}.backup DROP PARTITION (day='2024-01-02')")).await;
    let left = sweep(&place).await;
    assert!(left.is_empty(), "{left:?}");
    assert!(place.files(&directory).await.is_empty());
}
