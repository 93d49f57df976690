//! COPY from Parquet: by position, with types that agree, refused as the service's Spectrum layer refuses.

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int16Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
    TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;

use crate::support::{ROLE, Stand};

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ints(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_loaded_by_position_without_loss() {
    let stand = Stand::start().await;
    let bytes = file(vec![
        ("x0", Arc::new(Int16Array::from(vec![Some(-32768), None]))),
        ("x1", Arc::new(Int32Array::from(vec![Some(i32::MIN), None]))),
        ("x2", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        (
            "x3",
            Arc::new(
                Decimal128Array::from(vec![Some(-99_999_999_999_999_999_999_999_999_999_999_999_999), None])
                    .with_precision_and_scale(38, 4)
                    .unwrap(),
            ),
        ),
        ("x4", Arc::new(Float32Array::from(vec![Some(1.5), None]))),
        ("x5", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("x6", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("x7", Arc::new(StringArray::from(vec![Some("a\\,\t\n\"é"), None]))),
        ("x8", Arc::new(Date32Array::from(vec![Some(-719_162), None]))),
        ("x9", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None]))),
        (
            "xa",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None]).with_timezone("UTC"),
            ),
        ),
        ("xb", Arc::new(BinaryArray::from(vec![Some(&[0_u8, 255][..]), None]))),
    ]);
    stand.put("all.parquet", &bytes);
    stand
        .run(
            "create table t (a smallint, b int, c bigint, d decimal(38,4), e real, f double precision, g boolean, \
             h varchar(20), i date, j timestamp, k timestamptz, l varbyte(2))",
        )
        .await;
    stand.run(&format!("copy t from 's3://b/all' {ROLE} format as parquet")).await;
    let expected = "-32768|-2147483648|9223372036854775807|-9999999999999999999999999999999999.9999|1.5|0.1|t|\
                    a\\,\t\n\"é|0001-01-01|1969-12-31 23:59:59.999999|2023-11-14 22:13:20.123456+00|00ff";
    assert_eq!(stand.rows("select * from t where a is not null").await, [expected]);
    let nulls = ["NULL"; 12].join("|");
    assert_eq!(stand.rows("select * from t where a is null").await, [nulls]);
    assert_eq!(stand.rows("select pg_last_copy_count()").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_taken_by_position_and_their_number_must_agree() {
    let stand = Stand::start().await;
    stand.put("p", file(vec![("b", ints(&[1])), ("a", ints(&[2]))]));
    stand.run("create table t (a int, b int, c int)").await;
    let copy =
        |columns: &str, options: &str| format!("copy t{columns} from 's3://b/p' {ROLE} parquet {options}");
    let refused = stand.refusal(&copy("", "")).await;
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("XX000", "Spectrum Scan Error"));
    assert!(refused.detail.contains("Table columns: 3, Data columns: 2"), "{}", refused.detail);
    assert!(stand.refusal(&copy(" (a)", "")).await.detail.contains("Table columns: 1, Data columns: 2"));
    stand.run(&copy("", "fillrecord")).await;
    stand.run(&copy(" (c, b)", "")).await;
    assert_eq!(stand.rows("select * from t order by a").await, ["1|2|NULL", "NULL|2|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_do_not_agree_are_a_spectrum_scan_error() {
    let stand = Stand::start().await;
    stand.run("create table t (a int, b varchar(3))").await;
    let refused = async |columns| {
        stand.put("p", file(columns));
        stand.refusal(&format!("copy t from 's3://b/p' {ROLE} parquet")).await
    };
    let long: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value.to_owned()])) };
    let wide = refused(vec![("a", Arc::clone(&long)), ("b", text("x"))]).await;
    assert!(wide.detail.contains("15007") && wide.detail.contains("incompatible Parquet schema"), "{wide:?}");
    assert!(wide.detail.contains("Column type: INTEGER") && wide.detail.contains("INT64 a"), "{wide:?}");

    // Lengths are bytes; nothing is in stl_load_errors.
    let long_text = refused(vec![("a", ints(&[1])), ("b", text("éé"))]).await;
    assert!(
        long_text.detail.contains("15001") && long_text.detail.contains("Table: 3, Data: 4"),
        "{long_text:?}"
    );
    assert_eq!(stand.rows("select count(*) from stl_load_errors").await, ["0"]);
    assert_eq!(stand.rows("select count(*) from t").await, ["0"]);

    stand.put("p", "not parquet");
    let broken = stand.refusal(&format!("copy t from 's3://b/p' {ROLE} parquet")).await;
    assert!(broken.detail.contains("has an invalid version number"), "{broken:?}");

    stand.run("create table n (a int not null)").await;
    stand.put("n", file(vec![("a", Arc::new(Int32Array::from(vec![None::<i32>])) as ArrayRef)]));
    let null = stand.refusal(&format!("copy n from 's3://b/n' {ROLE} parquet")).await;
    assert!(null.detail.contains("NOT NULL"), "{null:?}");

    // Nanoseconds and times of the day can't be loaded.
    stand.run("create table ts (a timestamp); create table tm (a time)").await;
    let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1]));
    stand.put("n", file(vec![("a", nanos)]));
    assert!(stand.refusal(&format!("copy ts from 's3://b/n' {ROLE} parquet")).await.detail.contains("15007"));
    stand.put("n", file(vec![("a", text("01:02:03"))]));
    assert!(stand.refusal(&format!("copy tm from 's3://b/n' {ROLE} parquet")).await.detail.contains("15007"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_values_need_serializetojson() {
    let stand = Stand::start().await;
    let mut list = ListBuilder::new(Int32Builder::new());
    list.append_value([Some(1), None]);
    list.append_null();
    let record = StructArray::from(vec![(
        Arc::new(Field::new("K", DataType::Utf8, true)),
        Arc::new(StringArray::from(vec!["q\"", "z"])) as ArrayRef,
    )]);
    let text: ArrayRef = Arc::new(StringArray::from(vec!["{\"a\":1}", "x"]));
    stand.put(
        "s",
        file(vec![
            ("l", Arc::new(list.finish())),
            ("r", Arc::new(record)),
            ("t", text),
            ("n", ints(&[7, 8])),
        ]),
    );
    stand.run("create table t (l super, r super, t super, n int)").await;
    let copy = format!("copy t from 's3://b/s' {ROLE} format parquet");
    let refused = stand.refusal(&copy).await;
    assert!(refused.detail.contains("Unreachable - Invalid type: 4000"), "{refused:?}");
    stand.run(&format!("{copy} serializetojson")).await;
    // A string stays a string, whatever it holds.
    assert_eq!(
        stand.rows("select * from t order by n").await,
        [r#"[1,null]|{"K":"q\""}|"{\"a\":1}"|7"#, r#"NULL|{"K":"z"}|"x"|8"#]
    );
    stand.run("create table v (l varchar(100), r super, t super, n int)").await;
    let refused = stand.refusal(&format!("copy v from 's3://b/s' {ROLE} parquet serializetojson")).await;
    assert!(refused.detail.contains("15007"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_parquet_needs_the_sizes() {
    let stand = Stand::start().await;
    let bytes = file(vec![("a", ints(&[1, 2, 3]))]);
    stand.put("p", &bytes);
    stand.run("create table t (a int)").await;
    let manifest =
        |meta: &str| format!("{{\"entries\":[{{\"url\":\"s3://b/p\",\"mandatory\":true{meta}}}]}}");
    let copy = format!("copy t from 's3://b/m' {ROLE} parquet manifest");
    stand.put("m", manifest(""));
    assert!(stand.refusal(&copy).await.message.contains("content_length"));
    stand.put("m", manifest(&format!(",\"meta\":{{\"content_length\":{}}}", bytes.len() - 1)));
    assert!(stand.refusal(&copy).await.detail.contains("15001"));
    stand.put("m", manifest(&format!(",\"meta\":{{\"content_length\":{}}}", bytes.len())));
    stand.run(&copy).await;
    assert_eq!(stand.rows("select sum(a), count(*) from t").await, ["6|3"]);

    for option in
        ["gzip", "maxerror 1", "region 'us-east-1'", "timeformat 'auto'", "noload", "truncatecolumns"]
    {
        assert_eq!(stand.refusal(&format!("{copy} {option}")).await.code, "0A000", "{option}");
    }
}
