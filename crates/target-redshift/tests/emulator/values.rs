//! Every type with nulls and extremes, read back by a connection that knows nothing of this crate.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use publish_core::FileFormat;
use serde_json::json;

use crate::fixture::Fixture;

fn columns() -> Vec<(&'static str, ArrayRef)> {
    let decimal = |values: Vec<Option<i128>>, precision, scale| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
    };
    let nines = 10_i128.pow(38) - 1;
    vec![
        ("b", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])) as ArrayRef),
        ("i16", Arc::new(Int16Array::from(vec![Some(i16::MIN), Some(i16::MAX), None]))),
        ("i32", Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), None]))),
        ("i64", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None]))),
        ("f32", Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::MAX), None]))),
        ("f64", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::MAX), None]))),
        ("dec", decimal(vec![Some(-1), Some(123_456), None], 12, 2)),
        ("wide", decimal(vec![Some(-nines), Some(nines), None], 38, 10)),
        ("s", Arc::new(StringArray::from(vec![Some(""), Some("Zoë, \"x\"\n'\\N'"), None]))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b""[..]), Some(b"\x00\xff"), None]))),
        ("d", Arc::new(Date32Array::from(vec![Some(-719_162), Some(2_932_896), None]))),
        ("ts", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), Some(1_700_000_000_123_456), None]))),
        (
            "tz",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(0), Some(1_700_000_000_000_001), None])
                    .with_timezone("UTC"),
            ),
        ),
    ]
}

/// Columns that Parquet does not bring into Redshift as they are.
fn textual() -> Vec<(&'static str, ArrayRef)> {
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some([1_u8, 2]), Some([0, 255]), None].into_iter(),
        2,
    )
    .unwrap();
    let lists =
        ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), Some(vec![]), None]);
    vec![
        ("i8", Arc::new(Int8Array::from(vec![Some(i8::MIN), Some(i8::MAX), None])) as ArrayRef),
        ("u8", Arc::new(UInt8Array::from(vec![Some(0), Some(u8::MAX), None]))),
        ("u32", Arc::new(UInt32Array::from(vec![Some(0), Some(u32::MAX), None]))),
        ("u64", Arc::new(UInt64Array::from(vec![Some(0), Some(u64::MAX), None]))),
        ("t", Arc::new(Time64MicrosecondArray::from(vec![Some(1), Some(86_399_999_999), None]))),
        ("ms", Arc::new(TimestampMillisecondArray::from(vec![Some(-1), Some(1_700_000_000_123), None]))),
        ("fixed", Arc::new(fixed)),
        ("list", Arc::new(lists)),
    ]
}

const KEPT: [&str; 2] = [
    "t|-32768|-2147483648|-9223372036854775808|0.1|0.1|-0.01|-9999999999999999999999999999.9999999999|||0001-01-01|\
     1969-12-31 23:59:59.999999|1970-01-01 00:00:00+00",
    "f|32767|2147483647|9223372036854775807|3.4028235e+38|1.7976931348623157e+308|1234.56|\
     9999999999999999999999999999.9999999999|Zoë, \"x\"\n'\\N'|00ff|9999-12-31|2023-11-14 22:13:20.123456|2023-11-14 \
     22:13:20.000001+00",
];

async fn kept(format: FileFormat, columns: Vec<(&'static str, ArrayRef)>, query: &str) -> Vec<String> {
    let fixture = Fixture::new().await;
    fixture.write("in", format, &[RecordBatch::try_from_iter(columns).unwrap()]).await;
    fixture.publish("createAndLoad", "in", "v", json!({})).await;
    fixture.rows(query).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_comes_out_as_it_went_in_from_parquet() {
    let rows = kept(FileFormat::Parquet, columns(), "SELECT * FROM v ORDER BY i16").await;
    assert_eq!(rows[..2], KEPT);
    assert_eq!(rows[2], vec!["NULL"; 13].join("|"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_comes_out_as_it_went_in_from_avro() {
    let rows = kept(FileFormat::Avro, columns(), "SELECT * FROM v ORDER BY i16").await;
    assert_eq!(rows[..2], KEPT);
    assert_eq!(rows[2], vec!["NULL"; 13].join("|"));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_go_by_text_come_out_as_they_went_in() {
    let rows = kept(
        FileFormat::Parquet,
        textual(),
        "SELECT i8, u8, u32, u64, t, ms, fixed, list FROM v ORDER BY i8",
    )
    .await;
    assert_eq!(
        rows,
        [
            "-128|0|0|0|00:00:00.000001|1969-12-31 23:59:59.999|0102|[1,null]",
            "127|255|4294967295|18446744073709551615|23:59:59.999999|2023-11-14 22:13:20.123|00ff|[]",
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_json_keep_the_keys_and_the_numbers_that_each_row_has() {
    let fixture = Fixture::new().await;
    fixture.put(
        "in/a.json",
        "{\"id\": 1, \"o\": {\"a\": 1.10, \"n\": null}, \"l\": [{\"x\": 1}, {\"y\": \"2\"}]}\n\
         {\"id\": 2, \"o\": {\"b\": {\"c\" : \"1, 2\"}}, \"l\": []}\n{\"id\": 3}\n\
         {\"id\": 4, \"o\": {\"a\": \"text\"}, \"l\": null}\n",
    );
    let expected = [
        r#"1|{"a":1.10,"n":null}|[{"x":1},{"y":"2"}]"#,
        r#"2|{"b":{"c":"1, 2"}}|[]"#,
        "3|NULL|NULL",
        r#"4|{"a":"text"}|NULL"#,
    ];
    let report = fixture.publish("createAndLoad", "in", "o", json!({})).await;
    assert!(report.notes.iter().any(|note| note.contains("its own keys")), "{:?}", report.notes);
    assert_eq!(fixture.rows("SELECT id, o, l FROM o ORDER BY id").await, expected);
    fixture.execute("CREATE TABLE there (id BIGINT, o SUPER, l VARCHAR(40))").await;
    fixture.publish("load", "in", "there", json!({})).await;
    let rows = fixture.rows("SELECT id, o, l FROM there ORDER BY id").await;
    assert_eq!(rows[0], r#"1|{"a":1.10,"n":null}|[{"x": 1}, {"y": "2"}]"#, "a text stays as it stands");
    assert_eq!(rows[1..], expected[1..]);
    // Where only some records were looked at, a string is not taken for the JSON that it spells.
    fixture.put("odd/a.json", "{\"o\": {\"a\": 1}}\n{\"o\": \"{}\"}\n");
    let mut request = fixture.request("createAndLoad", "odd", "odd", json!({}));
    request.source.options.infer_records = Some(1);
    let report = fixture.run(&request).await.unwrap();
    let error = report.error.unwrap();
    assert_eq!(error.kind(), publish_core::ErrorKind::BadData);
    assert!(error.to_string().contains("row: 2") && error.to_string().contains("an object"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn narrow_floats_are_the_very_same_numbers_in_a_wide_column() {
    let fixture = Fixture::new().await;
    let floats = Float32Array::from(vec![Some(0.1), Some(f32::MAX), Some(f32::from_bits(1)), None]);
    let ids = Int32Array::from(vec![1, 2, 3, 4]);
    // A column that Parquet does not bring into the table sends all of them by text.
    let narrow = Int8Array::from(vec![1, 2, 3, 4]);
    for (folder, format, third) in [
        ("pqt", FileFormat::Parquet, Arc::new(ids.clone()) as ArrayRef),
        ("avro", FileFormat::Avro, Arc::new(ids.clone())),
        ("text", FileFormat::Parquet, Arc::new(narrow)),
    ] {
        let columns =
            [("id", Arc::new(ids.clone()) as ArrayRef), ("f", Arc::new(floats.clone())), ("n", third)];
        fixture.write(folder, format, &[RecordBatch::try_from_iter(columns).unwrap()]).await;
        let number = if folder == "text" { "SMALLINT" } else { "INTEGER" };
        fixture
            .execute(&format!("CREATE TABLE {folder}_t (id INTEGER, f DOUBLE PRECISION, n {number})"))
            .await;
        let report = fixture.publish("load", folder, &format!("{folder}_t"), json!({})).await;
        assert!(report.notes.iter().any(|note| note.contains("same numbers")), "{:?}", report.notes);
        assert_eq!(
            fixture.rows(&format!("SELECT f FROM {folder}_t ORDER BY id")).await,
            ["0.10000000149011612", "3.4028234663852886e+38", "1.401298464324817e-45", "NULL"],
            "{folder}"
        );
    }
}
