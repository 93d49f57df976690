//! What the server says of itself, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Date32Array, Int32Array, RecordBatch, TimestampMillisecondArray};
use publish_core::{Format, RunContext, RunId, RunOutcome, Storages, Target, TargetSession, WriteOptions};
use publish_formats::AvroFormat;
use target_hive::{NewTableKind, Statistics};

use crate::place::Place;
use crate::values::parquet;

async fn session(place: &Place) -> Box<dyn TargetSession> {
    let context = RunContext::new(RunId::parse("facts").unwrap(), Duration::from_secs(120))
        .with_storages(Storages::default().with(&place.storage));
    place.target.connect(&context).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_its_zone_and_its_calendar() {
    let Some(place) = Place::new().await else { return };
    let facts = session(&place).await.facts().await.unwrap();
    let told = place.query("SET system:user.timezone").await.unwrap();
    assert_eq!(told, [format!("\"system:user.timezone={}\"", facts["zone"].as_str().unwrap())]);
    assert_eq!(facts["avroGregorian"], false, "{facts}");
    // What a connection sets for its own session is not what readers have.
    let key = "hive.avro.proleptic.gregorian.default".to_owned();
    let Some(place) = Place::with(|config| {
        config.settings.insert(key, "true".to_owned());
        config.server_zone_utc = Some(true);
    })
    .await
    else {
        return;
    };
    let facts = session(&place).await.facts().await.unwrap();
    assert_eq!((&facts["avroGregorian"], &facts["zone"]), (&false.into(), &serde_json::Value::Null));
}

/// What Hive says of the rows of a table.
async fn noted_rows(place: &Place) -> Option<String> {
    let rows = place.query(&format!("DESCRIBE FORMATTED {}.t", place.database)).await.unwrap();
    let row = rows.iter().find(|row| row.contains("numRows"))?;
    row.rsplit('|').next().map(|text| text.trim_matches(['"', ' ']).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_up_to_date_after_each_commit_that_can_bring_them() {
    let metastore = hive_stack::HiveStack::get().map(|stack| stack.metastore().to_owned());
    for kind in [NewTableKind::External, NewTableKind::InsertOnly] {
        let metastore = metastore.clone().filter(|_| kind == NewTableKind::External);
        let settings = |config: &mut target_hive::HiveConfig| {
            config.table_kind = kind;
            config.metastore = metastore;
        };
        let Some(place) = Place::with(settings).await else { return };
        for (run, action, rows) in [("r1", "createAndLoad", 3), ("r2", "truncateAndLoad", 5)] {
            let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..rows));
            let file = parquet(&place, &format!("{run}.parquet"), vec![("id", column)]).await;
            let report = place.publish(run, action, "t", &[file]).await;
            assert_eq!((report.outcome, report.leftovers.len()), (RunOutcome::Published, 0), "{report:?}");
            assert_eq!(noted_rows(&place).await, Some(rows.to_string()), "{kind:?} {action}");
        }
    }
    // Asked for, an append to an external table is counted, too.
    let Some(place) = Place::with(|config| config.statistics = Statistics::Always).await else { return };
    for (run, action) in [("r1", "createAndLoad"), ("r2", "load")] {
        let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..2));
        let file = parquet(&place, &format!("{run}.parquet"), vec![("id", column)]).await;
        let report = place.publish(run, action, "t", &[file]).await;
        assert_eq!((report.outcome, report.leftovers.len()), (RunOutcome::Published, 0), "{report:?}");
    }
    assert_eq!(noted_rows(&place).await.as_deref(), Some("4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_avro_files_that_are_taken_as_they_are_are_read_right() {
    let Some(place) = Place::with(|config| config.gregorian_dates = Some(true)).await else { return };
    let facts = session(&place).await.facts().await.unwrap();
    let times = TimestampMillisecondArray::from(vec![Some(1_767_323_045_123), None]);
    let columns: Vec<(&str, ArrayRef, bool)> =
        vec![("at", Arc::new(times), true), ("day", Arc::new(Date32Array::from(vec![20_000, 0])), true)];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let file = place.root.join("results/times.avro").unwrap();
    let writer = place.storage.create(&file).await.unwrap();
    let mut writer =
        AvroFormat::new().create(&batch.schema(), &WriteOptions::default(), writer).await.unwrap();
    writer.write(batch).await.unwrap();
    writer.finish().await.unwrap();
    let report = place.publish("r1", "createAndLoad", "t", std::slice::from_ref(&file)).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    // The shared stack's server is in UTC: nothing but the copy was written.
    assert!(facts["zone"].as_str().is_some_and(|zone| zone.ends_with("UTC")), "{facts}");
    let at = place.location_of("t").await;
    let copy = at.join(&place.files(&at).await[0]).unwrap();
    let (one, other) = (place.storage.head(&file).await.unwrap(), place.storage.head(&copy).await.unwrap());
    assert_eq!(one.size, other.size, "{report:?}");
    assert_eq!(place.rows_of("t").await, ["2026-01-02T03:04:05.123|2024-10-04", "null|1970-01-01"]);
}
