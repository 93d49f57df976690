//! A row that the service refuses is named: file, line, column, value, reason.

use std::fmt::Write;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use publish_core::{ErrorKind, RunOutcome};
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
