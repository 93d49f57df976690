//! Results that Hive itself converts.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use publish_core::{
    Cancel, ErrorKind, Event, EventSink, Format, Location, RunId, RunOutcome, Target, WriteOptions,
};
use publish_formats::AvroFormat;
use target_hive::{AppendFiles, FileLayout, NewTableKind};

use crate::place::Place;

/// An Avro file of three rows, the last of which is null throughout but for its id.
async fn avro(place: &Place, name: &str, first: i64) -> Location {
    let decimals = Decimal128Array::from(vec![Some(-12_345), Some(1), None]);
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(first..first + 3)), true),
        ("name", Arc::new(StringArray::from(vec![Some("Zoë, \"1\"\n"), Some(""), None])), true),
        ("price", Arc::new(decimals.with_precision_and_scale(10, 2).unwrap()), true),
        ("day", Arc::new(Date32Array::from(vec![Some(20_000), Some(0), None])), true),
        ("is_gift", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])), true),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let at = place.root.join("results").unwrap().join(name).unwrap();
    let writer = place.storage.create(&at).await.unwrap();
    let mut writer =
        AvroFormat::new().create(&batch.schema(), &WriteOptions::default(), writer).await.unwrap();
    writer.write(batch).await.unwrap();
    writer.finish().await.unwrap();
    at
}

/// The rows of such a file.
fn rows(first: i64) -> [String; 3] {
    [
        format!("{first}|\"Zoë, \\\"1\\\"\\n\"|-123.45|2024-10-04|true"),
        format!("{}|\"\"|0.01|1970-01-01|false", first + 1),
        format!("{}|null|null|null|null", first + 2),
    ]
}

async fn place(kind: NewTableKind) -> Option<Place> {
    Place::with(|config| {
        config.restage_limit = 0;
        config.gregorian_dates = Some(true);
        config.file_format = FileLayout::Parquet;
        config.append_files = AppendFiles::Many;
        config.table_kind = kind;
    })
    .await
}

/// Keeps the titles of the steps, and what the server said.
#[derive(Debug, Default)]
struct Heard(std::sync::Mutex<Vec<String>>);

impl EventSink for Heard {
    fn emit(&self, _: &RunId, event: &Event) {
        let mut heard = self.0.lock().unwrap();
        match event {
            Event::StepStarted { title, .. } => heard.push(title.clone()),
            Event::TargetLogged { message } => heard.push(message.clone()),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_hive_converts_come_out_as_they_were() {
    let Some(place) = place(NewTableKind::External).await else { return };
    let first = avro(&place, "one/part-0.avro", 10).await;
    let second = avro(&place, "two/part-0.avro", 20).await;
    let request = place.request("r1", "createAndLoad", "t", std::slice::from_ref(&first));
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let heard = Arc::new(Heard::default());
    let (engine, cancel) = (place.engine(), Cancel::default());
    let report = Box::pin(engine.publish(&target, &request, Arc::clone(&heard) as _, &cancel)).await.unwrap();
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(3)), "{report:?}");
    assert_eq!(place.rows_of("t").await, rows(10));
    let heard = heard.0.lock().unwrap().join("\n");
    assert!(
        heard.contains("let Hive convert the files to parquet") && heard.contains("INSERT INTO"),
        "{heard}"
    );
    // In two folders: Hive reads copies, and one rename each adds what it wrote.
    let report = place.publish("r2", "load", "t", &[first.clone(), second.clone()]).await;
    assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(6)), "{report:?}");
    let mut wanted: Vec<String> = [rows(10), rows(10), rows(20)].concat();
    wanted.sort();
    assert_eq!(place.rows_of("t").await, wanted);
    // The job's own files are as they were, and nothing of the conversion is left.
    for file in [first, second] {
        place.storage.head(&file).await.unwrap();
    }
    let tables = place.query(&format!("SHOW TABLES IN {}", place.database)).await.unwrap();
    assert_eq!(tables, ["\"t\""]);
    let staged = place.root.join("publish/staged").unwrap();
    assert!(place.files(&staged).await.is_empty());
    let directory = place.location_of("t").await;
    let is_named = |name: &String| name.starts_with("pub_r") && name.ends_with(".parquet");
    assert!(place.files(&directory).await.iter().all(is_named), "{:?}", place.files(&directory).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_only_table_takes_in_what_hive_converted() {
    let Some(place) = place(NewTableKind::InsertOnly).await else { return };
    let file = avro(&place, "one/part-0.avro", 10).await;
    for (run, action) in [("r1", "createAndLoad"), ("r2", "truncateAndLoad")] {
        let report = place.publish(run, action, "t", std::slice::from_ref(&file)).await;
        assert_eq!((report.outcome, report.row_count), (RunOutcome::Published, Some(3)), "{report:?}");
        assert_eq!(place.rows_of("t").await, rows(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_that_is_cancelled_leaves_nothing() {
    let Some(place) = place(NewTableKind::External).await else { return };
    let file = avro(&place, "one/part-0.avro", 10).await;
    let request = place.request("r1", "createAndLoad", "t", &[file]);
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let cancel = Cancel::default();
    /// Cancels when Hive tells that it compiled the INSERT.
    #[derive(Debug)]
    struct CancelsAtInsert(Cancel);
    impl EventSink for CancelsAtInsert {
        fn emit(&self, _: &RunId, event: &Event) {
            if matches!(event, Event::TargetLogged { message } if message.contains("INSERT INTO")) {
                self.0.cancel();
            }
        }
    }
    let events = Arc::new(CancelsAtInsert(cancel.clone()));
    let report = Box::pin(place.engine().publish(&target, &request, events, &cancel)).await.unwrap();
    assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
    assert_eq!(
        report.error.as_ref().map(publish_core::Error::kind),
        Some(ErrorKind::Cancelled),
        "{report:?}"
    );
    assert!(place.query(&format!("SHOW TABLES IN {}", place.database)).await.unwrap().is_empty());
    let warehouse = place.root.join("warehouse").unwrap();
    assert!(place.files(&warehouse).await.is_empty(), "{:?}", place.files(&warehouse).await);
}
