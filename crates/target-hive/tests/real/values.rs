//! Values of every type, through files that are encoded anew, as Hive reads them.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, RecordBatch, StringArray, StructArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    TimestampNanosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field};
use publish_core::{Format, Location, RunOutcome, WriteOptions};
use publish_formats::ParquetFormat;

use crate::place::Place;

/// Columns as Parquet has them, and what Hive is to answer for the first row. The second row is null throughout.
fn columns() -> Vec<(&'static str, ArrayRef, &'static str, &'static str)> {
    let zoned = TimestampMicrosecondArray::from(vec![Some(1_767_323_045_123_456), None]).with_timezone("UTC");
    let decimals = Decimal128Array::from(vec![Some(-12_345_678_901_234_567_890), None]);
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a"), None]);
    list.append_null();
    let inner: ArrayRef = Arc::new(UInt32Array::from(vec![Some(u32::MAX), None]));
    let fields = vec![(Arc::new(Field::new("Inner", DataType::UInt32, true)), inner)];
    vec![
        ("b", Arc::new(BooleanArray::from(vec![Some(true), None])), "boolean", "true"),
        ("i8", Arc::new(Int8Array::from(vec![Some(-128), None])), "tinyint", "-128"),
        ("i16", Arc::new(Int16Array::from(vec![Some(-32768), None])), "smallint", "-32768"),
        ("u8", Arc::new(UInt8Array::from(vec![Some(255), None])), "smallint", "255"),
        ("u16", Arc::new(UInt16Array::from(vec![Some(65535), None])), "int", "65535"),
        ("u32", Arc::new(UInt32Array::from(vec![Some(u32::MAX), None])), "bigint", "4294967295"),
        (
            "u64",
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])),
            "decimal(20,0)",
            "18446744073709551615",
        ),
        ("f32", Arc::new(Float32Array::from(vec![Some(1.5), None])), "float", "1.5"),
        ("f64", Arc::new(Float64Array::from(vec![Some(-0.1), None])), "double", "-0.1"),
        (
            "d",
            Arc::new(decimals.with_precision_and_scale(38, 18).unwrap()),
            "decimal(38,18)",
            "-12.345678901234567890",
        ),
        ("s", Arc::new(StringArray::from(vec![Some("Zoë, \"1\"\n"), None])), "string", r#""Zoë, \"1\"\n""#),
        ("bin", Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None])), "binary", "00ff"),
        ("day", Arc::new(Date32Array::from(vec![Some(19_724), None])), "date", "2024-01-02"),
        (
            "t",
            Arc::new(Time64MicrosecondArray::from(vec![Some(45_296_000_001), None])),
            "string",
            r#""12:34:56.000001""#,
        ),
        ("z", Arc::new(zoned), "timestamp", "2026-01-02T03:04:05.123456"),
        (
            "n",
            Arc::new(TimestampNanosecondArray::from(vec![Some(1_767_323_045_123_456_000), None])),
            "timestamp",
            "2026-01-02T03:04:05.123456",
        ),
        ("l", Arc::new(list.finish()), "array<string>", r#""[\"a\",null]""#),
        ("st", Arc::new(StructArray::from(fields)), "struct<inner:bigint>", r#""{\"inner\":4294967295}""#),
    ]
}

pub(crate) async fn parquet(place: &Place, name: &str, columns: Vec<(&'static str, ArrayRef)>) -> Location {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    );
    let batch = batch.unwrap();
    let at = place.root.join("results").unwrap().join(name).unwrap();
    let writer = place.storage.create(&at).await.unwrap();
    let format = ParquetFormat::new();
    let mut writer = format.create(&batch.schema(), &WriteOptions::default(), writer).await.unwrap();
    writer.write(batch).await.unwrap();
    writer.finish().await.unwrap();
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_reads_as_it_was() {
    let Some(place) = Place::new().await else { return };
    let columns = columns();
    let file = parquet(
        &place,
        "all.parquet",
        columns.iter().map(|(name, column, ..)| (*name, Arc::clone(column))).collect(),
    );
    let file = file.await;
    for action in ["createAndLoad", "load", "truncateAndLoad"] {
        let run = format!("r_{}", action.to_lowercase());
        let report = place.publish(&run, action, "t", std::slice::from_ref(&file)).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    }
    let described = place.query(&format!("DESCRIBE {}.t", place.database)).await.unwrap();
    let types: Vec<String> =
        columns.iter().map(|(name, _, hive, _)| format!("\"{name}\"|\"{hive}\"|\"\"")).collect();
    assert_eq!(described, types);
    for (name, _, _, wanted) in &columns {
        let rows = place.query(&format!("SELECT {name} FROM {}.t", place.database)).await.unwrap();
        // Of a struct only what is within it is null.
        let is_null = |row: &&String| **row == "null" || **row == r#""{\"inner\":null}""#;
        let found = rows.iter().filter(|row| !is_null(row)).collect::<Vec<_>>();
        assert_eq!((found, rows.len()), (vec![&(*wanted).to_owned()], 2), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_a_column_would_cut_are_refused_by_row() {
    let Some(place) = Place::new().await else { return };
    place.run(&format!("CREATE EXTERNAL TABLE {}.v (a varchar(3)) STORED AS PARQUET", place.database)).await;
    let texts = |texts: Vec<&str>| -> Vec<(&'static str, ArrayRef)> {
        vec![("a", Arc::new(StringArray::from(texts)))]
    };
    let fits = parquet(&place, "fits.parquet", texts(vec!["äöü", ""])).await;
    let report = place.publish("r1", "load", "v", &[fits]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    let long = parquet(&place, "long.parquet", texts(vec!["abc", "abcd"])).await;
    let report = place.publish("r2", "load", "v", &[long]).await;
    assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
    let error = report.error.unwrap();
    assert!(error.context().contains(&("row", "2".to_owned())), "{error}");
    assert_eq!(place.rows_of("v").await, ["\"\"", "\"äöü\""]);
}
