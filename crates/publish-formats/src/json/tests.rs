//! JSON files as a caller sees them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use futures::StreamExt;
use publish_core::{
    Error, ErrorKind, FileInspection, FileMeta, Format, FormatOptions, Location, Result, Storage, text_type,
};
use publish_testkit::results::{ShelfStorage, row_texts};

use super::JsonFormat;

async fn shelf(text: &str) -> (Arc<dyn Storage>, FileMeta) {
    let shelf = ShelfStorage::default();
    let at = Location::parse("mem:///a.json").unwrap();
    shelf.put(at.clone(), text.to_owned().into());
    let file = shelf.head(&at).await.unwrap();
    (Arc::new(shelf), file)
}

async fn inspect(text: &str) -> Result<FileInspection> {
    let (storage, file) = shelf(text).await;
    JsonFormat.inspect(&file, &FormatOptions::default(), &storage).await
}

async fn read(text: &str, schema: Option<SchemaRef>) -> Result<Vec<RecordBatch>> {
    let (storage, file) = shelf(text).await;
    let options = FormatOptions::default();
    let found = JsonFormat.inspect(&file, &options, &storage).await?;
    let schema = match schema {
        Some(schema) => schema,
        None => Arc::clone(JsonFormat.unify(std::slice::from_ref(&found), &options)?.source()),
    };
    let mut batches = Vec::new();
    for part in &found.parts {
        let mut stream = JsonFormat.open(&file, part, &schema, &options, 1000, &storage).await?;
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
    }
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(found.row_count, Some(rows as u64));
    Ok(batches)
}

async fn rows(text: &str) -> Vec<String> {
    let batches = read(text, None).await.unwrap();
    batches.iter().flat_map(|batch| row_texts(batch).unwrap()).collect()
}

async fn types(text: &str) -> Vec<DataType> {
    let schema = inspect(text).await.unwrap().schema.unwrap();
    schema.fields().iter().map(|field| super::shape::published(field).data_type().clone()).collect()
}

async fn refused(text: &str) -> Error {
    let error = read(text, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData, "{text}");
    error
}

fn context<'a>(error: &'a Error, key: &str) -> &'a str {
    error.context().iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
}

fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(
        columns
            .iter()
            .map(|(name, data_type)| Field::new(*name, data_type.clone(), true))
            .collect::<Vec<_>>(),
    ))
}

#[tokio::test]
async fn keys_come_in_any_order_and_missing_ones_are_null() {
    let text = "\u{feff}{\"a\":1,\"b\":\"x\"}\n\n  {\"c\":true,\"b\":null}\r\n{\"b\":\"\",\"a\":-2}";
    assert_eq!(rows(text).await, ["1|\"x\"|null", "null|null|true", "-2|\"\"|null"]);
}

#[tokio::test]
async fn an_array_is_read_as_lines_are() {
    let text = " [ {\"a\":1,\"b\":\"]},\\\"\"}\n , {\"a\":2,\"b\":[]} ] \n";
    assert_eq!(rows(text).await, ["1|\"]},\\\"\"", "2|\"[]\""]);
    for text in [
        "[{\"a\":1}",
        "[{\"a\":1},",
        "[{\"a\":1}{\"a\":2}]",
        "[{\"a\":1}] x",
        "[1]",
        "[{\"a\":1},]",
        "[{\"a\":1",
    ] {
        refused(text).await;
    }
    for text in ["", "[]", " \n\n", "[ ]\n"] {
        let found = inspect(text).await.unwrap();
        assert!(found.schema.is_none() && found.row_count == Some(0) && found.parts.is_empty());
        let error = JsonFormat.unify(&[found], &FormatOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
    }
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let text =
        r#"{"i":9223372036854775807,"u":18446744073709551615,"f":0.1,"d":1234567890123456.78,"x":1e400}"#;
    assert_eq!(
        types(text).await,
        [DataType::Int64, DataType::Utf8, DataType::Float64, DataType::Decimal128(18, 2), DataType::Utf8]
    );
    assert_eq!(
        rows(text).await,
        [r#"9223372036854775807|"18446744073709551615"|0.1|1234567890123456.78|"1e400""#]
    );
    let asked = schema(&[
        ("i", DataType::Decimal128(38, 10)),
        ("u", DataType::UInt64),
        ("f", DataType::Utf8),
        ("d", DataType::Utf8),
        ("x", DataType::Utf8),
    ]);
    let batches = read(text, Some(asked)).await.unwrap();
    assert_eq!(
        row_texts(&batches[0]).unwrap(),
        [r#"9223372036854775807.0000000000|18446744073709551615|"0.1"|"1234567890123456.78"|"1e400""#]
    );
}

#[tokio::test]
async fn strings_stay_text_and_tell_what_they_are() {
    let found =
        inspect("{\"d\":\"2024-02-29\",\"n\":null,\"s\":\"x\"}\n{\"d\":\"2024-03-01\"}").await.unwrap();
    let schema = found.schema.unwrap();
    let told: Vec<_> = schema.fields().iter().map(|field| text_type(field).unwrap()).collect();
    assert_eq!(told, [DataType::Date32, DataType::Null, DataType::Utf8]);
    assert!(schema.fields().iter().all(|field| field.data_type() == &DataType::Utf8));
    let asked = self::schema(&[("d", DataType::Date32), ("n", DataType::Int8), ("s", DataType::Utf8)]);
    let batches = read("{\"d\":\"2024-02-29\",\"n\":null,\"s\":\"x\"}", Some(asked)).await.unwrap();
    assert_eq!(row_texts(&batches[0]).unwrap(), ["2024-02-29|null|\"x\""]);
}

#[tokio::test]
async fn nested_values_are_structs_and_lists_and_their_types_survive_as_text() {
    let text = "{\"o\":{\"a b\":1,\"l\":[1.5,null,2]},\"e\":[]}\n{\"o\":{\"z\":\"x\"},\"e\":[{\"k\":true}]}";
    assert_eq!(
        rows(text).await,
        ["{a b: 1, l: [1.5, null, 2.0], z: null}|[]", "{a b: null, l: null, z: x}|[{k: true}]"]
    );
    let found = inspect(text).await.unwrap();
    let agreed = JsonFormat.unify(&[found], &FormatOptions::default()).unwrap();
    for column in agreed.columns() {
        assert_eq!(text_type(&column.field).as_ref(), Some(column.field.data_type()));
    }
}

#[tokio::test]
async fn values_of_several_kinds_are_text() {
    let text = "{\"m\":{\"a\": [1]},\"n\":1}\n{\"m\":\"{\",\"n\":\"2\"}\n{\"m\":1.0,\"n\":null}";
    assert_eq!(rows(text).await, [r#""{\"a\": [1]}"|"1""#, r#""{"|"2""#, r#""1.0"|null"#]);
    let found = inspect(text).await.unwrap();
    assert_eq!(found.notes.len(), 2);
    let agreed = JsonFormat.unify(std::slice::from_ref(&found), &FormatOptions::default()).unwrap();
    let widths: Vec<_> = agreed.columns().iter().map(|column| column.max_bytes).collect();
    assert_eq!(widths, [Some(10), Some(1)]);
    assert_eq!(text_type(found.schema.unwrap().field(1)), Some(DataType::Int64));
}

#[tokio::test]
async fn files_agree_on_all_their_keys() {
    let texts = ["{\"a\":1,\"o\":{\"x\":1}}", "{\"b\":\"long text\",\"a\":2.5,\"o\":{\"y\":[1]}}", ""];
    let mut found = Vec::new();
    for text in texts {
        found.push(inspect(text).await.unwrap());
    }
    let agreed = JsonFormat.unify(&found, &FormatOptions::default()).unwrap();
    let names: Vec<_> = agreed.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "o", "b"]);
    assert_eq!(agreed.columns()[0].field.data_type(), &DataType::Float64);
    assert_eq!(agreed.columns()[2].max_bytes, Some(9));
    let DataType::Struct(fields) = agreed.columns()[1].field.data_type() else { panic!("no struct") };
    assert_eq!(fields.len(), 2);
}

#[tokio::test]
async fn broken_records_are_told_by_line_and_reason() {
    for (text, line) in [
        ("{\"a\":1}\n{\"a\":01}\n", "2"),
        ("{\"a\":1}\n\n{\"a\":1", "3"),
        ("{\"a\":1} {\"a\":2}", "1"),
        ("[{\"a\":1},\n{\"a\":\n\n tru}]", "4"),
        ("{\"a\":\"\\ud800\"}", "1"),
        ("{\"a\":1}\n{\"b\":{\"c\":1,\"c\":2}}", "2"),
        ("{\"a\":1}\n[1]", "2"),
        ("1", "1"),
        ("{\"a\":NaN}", "1"),
        ("{\"a\":\"\u{1}\"}", "1"),
    ] {
        let error = refused(text).await;
        assert_eq!(context(&error, "line"), line, "{text}: {error}");
        assert_eq!(context(&error, "file"), "mem:///a.json");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    refused(&deep).await;
}

#[tokio::test]
async fn a_value_of_another_type_is_told_by_line_and_key() {
    let asked = schema(&[
        ("a", DataType::Int64),
        ("o", DataType::Struct(vec![Field::new("x", DataType::Int8, true)].into())),
    ]);
    for (text, line, column, value) in [
        ("{\"a\":1}\n\n{\"a\":1.5}", "3", "a", "\"1.5\""),
        ("{\"o\":{\"x\":128}}", "1", "o.x", "\"128\""),
        ("{\"o\":[{}]}", "1", "o", "\"[{}]\""),
        ("{\"a\":true}", "1", "a", "\"true\""),
    ] {
        let error = read(text, Some(Arc::clone(&asked))).await.unwrap_err();
        let told = ["line", "column", "value"].map(|key| context(&error, key));
        assert_eq!((error.kind(), told), (ErrorKind::BadData, [line, column, value]), "{text}");
    }
    let error = read("{\"new\":1}", Some(asked)).await.unwrap_err();
    assert_eq!((error.kind(), context(&error, "column")), (ErrorKind::BadData, "new"));
}

#[tokio::test]
async fn lines_are_cut_into_parts_and_each_record_is_in_one() {
    let mut text = String::new();
    let mut count = 0;
    while text.len() < 40 * 1024 * 1024 {
        text.push_str(&format!("{{\"id\":{count},\"t\":\"{}\"}}\n", "x".repeat(count % 3000)));
        count += 1;
    }
    let (storage, file) = shelf(&text).await;
    let found = JsonFormat.inspect(&file, &FormatOptions::default(), &storage).await.unwrap();
    assert!(found.parts.len() >= 2);
    let batches = read(&text, None).await.unwrap();
    let ids = batches.iter().flat_map(|batch| {
        let ids = batch.column(0).as_any().downcast_ref::<arrow_array::Int64Array>().unwrap();
        ids.values().to_vec()
    });
    assert!(ids.eq(0..count as i64));
}
