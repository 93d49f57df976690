//! A row that the service refuses is named: file, line, column, value, reason.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use publish_core::{Error, ErrorKind, FileFormat, RunOutcome};
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_value_in_a_late_row_of_the_third_file_is_named() {
    let fixture = Fixture::new().await;
    for file in 0..3 {
        let mut text = "id,name\n".to_owned();
        for row in 1..=70_010 {
            let id = if file == 2 && row == 70_001 { "oops".to_owned() } else { row.to_string() };
            writeln!(text, "{id},row {row}").unwrap();
        }
        fixture.put(&format!("in/part-{file}.csv"), text);
    }
    fixture.execute("CREATE TABLE t (id BIGINT, name VARCHAR(100)); INSERT INTO t VALUES (1, 'old')").await;
    let mut request = fixture.request("truncateAndLoad", "in", "t", json!({"load": "direct"}));
    let schema =
        Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)]);
    request.source.options.schema = Some(Arc::new(schema));
    let report = fixture.run(&request).await.unwrap();
    assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
    let error = report.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::BadData);
    let file = fixture.at("in/part-2.csv");
    let context = |key: &str| {
        error
            .context()
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    assert_eq!(context("file"), file.as_str(), "{error}");
    assert_eq!((context("line").as_str(), context("row").as_str()), ("70002", "70001"), "{error}");
    assert_eq!((context("column").as_str(), context("value").as_str()), ("id", "\"oops\""), "{error}");
    assert!(!context("reason").is_empty() && !context("code").is_empty(), "{error}");
    assert_eq!(fixture.rows("SELECT id, name FROM t").await, ["1|old"]);
    assert!(fixture.keys().iter().all(|key| key.starts_with("in/")), "{:?}", fixture.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_refused_and_never_cut() {
    let fixture = Fixture::new().await;
    fixture.put("in/a.csv", "id,name\n1,é\n2,éé\n");
    fixture.execute("CREATE TABLE t (id BIGINT, name VARCHAR(3))").await;
    let request = fixture.request("load", "in", "t", json!({}));
    let error = fixture.plan(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(error.to_string().contains("4 bytes"), "{error}");
    // Cut only where the request asks for it.
    fixture.execute("CREATE TABLE u (id BIGINT, name VARCHAR(65535))").await;
    fixture.publish("load", "in", "u", json!({})).await;
    assert_eq!(fixture.rows("SELECT name FROM u ORDER BY id").await, ["é", "éé"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_copy_would_take_for_a_null_stays_a_text() {
    let fixture = Fixture::new().await;
    fixture.put("in/a.csv", "id,a\n1,\\N\n2,\"\\N\"\n3,null\n");
    let report = fixture.publish("createAndLoad", "in", "t", json!({"load": "direct"})).await;
    assert!(report.notes.iter().any(|note| note.contains("as they are")), "{:?}", report.notes);
    assert_eq!(fixture.rows("SELECT a FROM t ORDER BY id").await, ["\\N", "\\N", "null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_text_and_a_null_stay_two_values() {
    let fixture = Fixture::new().await;
    fixture.put("both/a.csv", "id,a,b\n1,,x\n2,\"\",y\n");
    fixture.put("nulls/a.csv", "id,a,b\n1,,x\n2,z,y\n");
    fixture.put("empty/a.csv", "id,a,b\n1,\"\",x\n2,z,y\n");
    for (folder, route, expected) in [
        ("both", "both", ["NULL", ""]),
        ("nulls", "as they are", ["NULL", "z"]),
        ("empty", "as they are", ["", "z"]),
    ] {
        let report = fixture.publish("createAndLoad", folder, &format!("t_{folder}"), json!({})).await;
        assert!(report.notes.iter().any(|note| note.contains(route)), "{folder}: {:?}", report.notes);
        assert_eq!(
            fixture.rows(&format!("SELECT a FROM t_{folder} ORDER BY id")).await,
            expected,
            "{folder}"
        );
    }
}

/// The value of an error's context.
fn context(error: &Error, key: &str) -> String {
    let found = error.context().iter().find(|(name, _)| *name == key);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_named_by_its_row_in_the_results_whatever_the_way() {
    let fixture = Fixture::new().await;
    let rows = |count: i64, long: i64| {
        let text = |id| if id == long { "x".repeat(21) } else { format!("row {id}") };
        let texts: StringArray = (1..=count).map(|id| Some(text(id))).collect();
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=count));
        RecordBatch::try_from_iter([("id", ids), ("name", Arc::new(texts) as ArrayRef)]).unwrap()
    };
    let files = [rows(3, 0), rows(3, 0), rows(70_010, 70_001)];
    fixture.execute("CREATE TABLE t (id BIGINT, name VARCHAR(20)); INSERT INTO t VALUES (1, 'old')").await;
    for format in [FileFormat::Avro, FileFormat::Parquet] {
        let folder = format.to_string();
        fixture.write(&folder, format, &files).await;
        for load in ["direct", "staged"] {
            let request = fixture.request("load", &folder, "t", json!({"load": load}));
            let report = fixture.run(&request).await.unwrap();
            assert_eq!(report.outcome, RunOutcome::RolledBack, "{format} {load}: {report:?}");
            let error = report.error.unwrap();
            assert_eq!(error.kind(), ErrorKind::BadData, "{format} {load}: {error}");
            let file = fixture.at(&format!("{folder}/part-2.{format}"));
            assert_eq!(context(&error, "file"), file.as_str(), "{format} {load}: {error}");
            // Of a file that COPY reads record by record the service counts lines.
            let place = if (format, load) == (FileFormat::Avro, "direct") { "line" } else { "row" };
            assert_eq!(context(&error, place), "70001", "{format} {load}: {error}");
            assert_eq!(context(&error, "column"), "name", "{format} {load}: {error}");
            assert_eq!(context(&error, "value"), format!("{:?}", "x".repeat(21)), "{format} {load}: {error}");
            for key in ["type", "reason"] {
                assert!(!context(&error, key).is_empty(), "{format} {load} {key}: {error}");
            }
            assert_eq!(fixture.rows("SELECT id, name FROM t").await, ["1|old"]);
            assert!(
                !fixture.keys().iter().any(|key| key.contains("_publish_staging")),
                "{:?}",
                fixture.keys()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_no_number_is_named_by_its_row_in_the_results() {
    let fixture = Fixture::new().await;
    fixture.execute("CREATE TABLE t (id BIGINT, name VARCHAR(20))").await;
    let id = |file, row| if (file, row) == (2, 70_001) { "\"oops\"".to_owned() } else { row.to_string() };
    for file in 0..3 {
        let (mut csv, mut lines) = ("id,name\n".to_owned(), String::new());
        for row in 1..=if file == 2 { 70_010 } else { 3 } {
            writeln!(csv, "{},row {row}", id(file, row)).unwrap();
            writeln!(lines, "{{\"id\": {}, \"name\": \"row {row}\"}}", id(file, row)).unwrap();
        }
        fixture.put(&format!("csv/part-{file}.csv"), csv);
        fixture.put(&format!("json/part-{file}.json"), lines);
    }
    for format in ["csv", "json"] {
        let mut request = fixture.request("load", format, "t", json!({"load": "staged"}));
        request.source.options.infer_records = Some(10);
        let report = fixture.run(&request).await.unwrap();
        let error = report.error.unwrap();
        assert_eq!(error.kind(), ErrorKind::BadData, "{format}: {error}");
        let file = fixture.at(&format!("{format}/part-2.{format}"));
        assert_eq!(context(&error, "file"), file.as_str(), "{format}: {error}");
        assert_eq!(context(&error, "row"), "70001", "{format}: {error}");
        assert_eq!(context(&error, "column"), "id", "{format}: {error}");
        assert!(
            error.to_string().contains("oops") && error.to_string().contains("integer"),
            "{format}: {error}"
        );
        assert_eq!(fixture.rows("SELECT count(*) FROM t").await, ["0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_copy_refuses_in_a_staged_file_is_told_as_that_of_the_results() {
    let fixture = Fixture::new().await;
    let lists = |long: usize| {
        let list = |row| Some((0..if row == long { 40 } else { 2 }).map(Some).collect::<Vec<_>>());
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>((1..=9).map(list)));
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=9));
        RecordBatch::try_from_iter([("id", ids), ("list", lists)]).unwrap()
    };
    fixture.write("in", FileFormat::Parquet, &[lists(0), lists(7)]).await;
    // A list as text: how long one is nobody knows before it is written.
    fixture.execute("CREATE TABLE t (id BIGINT, list VARCHAR(30))").await;
    let report = fixture.run(&fixture.request("load", "in", "t", json!({}))).await.unwrap();
    let error = report.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
    assert_eq!(context(&error, "file"), fixture.at("in/part-1.parquet").as_str(), "{error}");
    assert_eq!(
        (context(&error, "row"), context(&error, "column")),
        ("7".to_owned(), "list".to_owned()),
        "{error}"
    );
    assert_eq!(context(&error, "line"), "16", "{error}");
    assert!(context(&error, "staged file").contains("_publish_staging"), "{error}");
    assert!(context(&error, "value").contains("38,39"), "{error}");
}
