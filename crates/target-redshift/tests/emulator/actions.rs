//! The five actions, from files on S3 to rows, as an engine carries them out.

use std::sync::Arc;

use crate::fixture::Fixture;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use publish_core::{ErrorKind, FileFormat, RunOutcome};
use serde_json::json;

fn pairs(rows: &[(i64, Option<&str>)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id)));
    let names: ArrayRef = Arc::new(rows.iter().map(|(_, name)| *name).collect::<StringArray>());
    RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap()
}

const ROWS: &str = "SELECT id, name FROM public.t ORDER BY id";

#[tokio::test(flavor = "multi_thread")]
async fn each_action_leaves_what_it_promises() {
    for format in FileFormat::ALL {
        let fixture = Fixture::new().await;
        fixture.write("one", format, &[pairs(&[(1, Some("x")), (2, None)]), pairs(&[(3, Some(""))])]).await;
        fixture.write("two", format, &[pairs(&[(9, Some("y"))])]).await;
        let created = fixture.publish("create", "one", "t", json!({})).await;
        assert_eq!(created.row_count, Some(0));
        assert_eq!(fixture.rows(ROWS).await, [""; 0], "{format}");
        let loaded = fixture.publish("load", "one", "t", json!({})).await;
        assert_eq!(loaded.row_count, Some(3));
        assert_eq!(fixture.rows(ROWS).await, ["1|x", "2|NULL", "3|"], "{format}");
        fixture.publish("truncateAndLoad", "two", "t", json!({})).await;
        assert_eq!(fixture.rows(ROWS).await, ["9|y"], "{format}");
        fixture.publish("dropAndLoad", "one", "t", json!({})).await;
        assert_eq!(fixture.rows(ROWS).await, ["1|x", "2|NULL", "3|"], "{format}");
        fixture.publish("createAndLoad", "two", "u", json!({})).await;
        assert_eq!(fixture.rows("SELECT id, name FROM u").await, ["9|y"], "{format}");
        // Nothing is left beside: no table, no staged file, no gate of a run.
        assert_eq!(fixture.relations().await, ["public.t", "public.u"]);
        assert!(fixture.keys().iter().all(|key| !key.contains("_publish_staging")), "{:?}", fixture.keys());
        let gates = "SELECT COUNT(*) FROM pg_class WHERE relname LIKE 'publish_run_%'";
        assert_eq!(fixture.rows(gates).await, ["0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_direct_load_passes_through_the_engine() {
    let fixture = Fixture::new().await;
    let ids: ArrayRef =
        Arc::new(Int64Array::from_iter_values((0..200_000).map(|id| id * 7_919_731 % 1_000_003)));
    fixture.write("big", FileFormat::Parquet, &[RecordBatch::try_from_iter([("id", ids)]).unwrap()]).await;
    let report = fixture.publish("createAndLoad", "big", "t", json!({})).await;
    assert_eq!((report.row_count, report.bytes_written > 1000), (Some(200_000), false), "{report:?}");
    let size = fixture
        .keys()
        .iter()
        .map(|key| std::fs::metadata(fixture.server.root.join(&fixture.name).join(key)).unwrap().len())
        .sum::<u64>();
    assert!(report.bytes_read < size / 4, "{} of {size}", report.bytes_read);
    assert_eq!(fixture.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM t").await, ["200000|200000"]);
    assert!(report.notes.iter().any(|note| note.contains("as they are")), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_named_by_the_table_or_the_path() {
    let fixture = Fixture::new().await;
    fixture.execute("CREATE SCHEMA sales").await;
    fixture.write("one", FileFormat::Parquet, &[pairs(&[(1, Some("x"))])]).await;
    fixture.publish("createAndLoad", "one", "Sales.Orders", json!({})).await;
    assert_eq!(fixture.rows("SELECT id FROM sales.orders").await, ["1"]);
    let request = fixture.request("load", "one", "orders", json!({})).with_path(vec!["SALES".to_owned()]);
    assert_eq!(fixture.run(&request).await.unwrap().outcome, RunOutcome::Published);
    assert_eq!(fixture.rows("SELECT COUNT(*) FROM sales.orders").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timestamped_name_is_made_and_told() {
    let fixture = Fixture::new().await;
    fixture.write("one", FileFormat::Parquet, &[pairs(&[(1, Some("x"))])]).await;
    let mut request = fixture.request("createAndLoad", "one", "t", json!({}));
    request.options.table_naming = publish_core::TableNaming::Timestamp;
    let report = fixture.run(&request).await.unwrap();
    let name = report.table.name.clone();
    assert!(name.starts_with("t_2") && name.len() == 19, "{name}");
    assert_eq!(fixture.rows(&format!("SELECT id FROM {name}")).await, ["1"]);
    // The same run again is the same table, and loads nothing.
    let again = fixture.run(&request).await.unwrap();
    assert_eq!((again.was_published_before, again.table.name, again.row_count), (true, name, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_are_not_on_s3_are_refused_unless_they_may_be_brought_there() {
    let fixture = Fixture::new().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "id,name\n1,x\n").unwrap();
    let storage: Arc<dyn publish_core::Storage> = Arc::new(publish_storage::FileStorage::default());
    let engine = publish_core::Engine::new(fixture.engine.registry().clone().with_storage(&storage));
    let mut request = fixture.request("createAndLoad", "x", "t", json!({}));
    request.source = publish_core::Source::new(vec![
        publish_core::Location::parse(&format!("file://{}/a.csv", folder.path().display())).unwrap(),
    ]);
    let error = Box::pin(engine.plan(&fixture.target, &request)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("S3") && error.message().contains("stage_from_anywhere"), "{error}");
    let staging = format!("s3://{}/tmp", fixture.name);
    let target = fixture.target_with(&json!({"stage_from_anywhere": staging}));
    let switch = publish_core::Cancel::default();
    let report =
        Box::pin(engine.publish(&target, &request, Arc::new(publish_core::NoEvents), &switch)).await.unwrap();
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(fixture.rows("SELECT id, name FROM t").await, ["1|x"]);
    assert!(fixture.keys().is_empty(), "{:?}", fixture.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_without_a_right_to_read_the_files_is_refused_before_anything_happens() {
    let fixture = Fixture::new().await;
    fixture.write("one", FileFormat::Parquet, &[pairs(&[(1, Some("x"))])]).await;
    let target = fixture.target_with(&json!({"iam_role": null}));
    let request = fixture.request("createAndLoad", "one", "t", json!({}));
    let error = Box::pin(fixture.engine.plan(&target, &request)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("iam_role"), "{error}");
}
