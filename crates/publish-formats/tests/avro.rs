//! Avro files made by another library than the one that reads them.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use apache_avro::types::Value;
use apache_avro::{Codec, Days, Decimal, Duration, Millis, Months, Schema, Writer};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Int64Type, IntervalMonthDayNanoType, Time32MillisecondType,
    Time64MicrosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use publish_core::ErrorKind;
use publish_formats::AvroFormat;
use stored::{inspect, read, read_batches};

/// A file of one record type, with `rows` of field values in order.
fn file(fields: &str, codec: Codec, rows: Vec<Vec<Value>>) -> Vec<u8> {
    let json = format!(r#"{{"type": "record", "name": "row", "fields": [{fields}]}}"#);
    let schema = Schema::parse_str(&json).unwrap();
    let Schema::Record(record) = &schema else { panic!("no record") };
    let names = record.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
    let mut writer = Writer::with_codec(&schema, Vec::new(), codec).unwrap();
    for row in rows {
        writer.append_value(Value::Record(names.iter().cloned().zip(row).collect())).unwrap();
    }
    writer.into_inner().unwrap()
}

/// A file with this schema text and no rows.
fn header(schema: &str) -> Vec<u8> {
    let mut bytes = b"Obj\x01\x02\x16avro.schema".to_vec();
    let mut len = (schema.len() as u64) << 1;
    while len >= 0x80 {
        bytes.push((len as u8 & 0x7f) | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend_from_slice(schema.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&[7; 16]);
    bytes
}

async fn read_one(kind: &str, values: Vec<Value>) -> publish_core::Result<RecordBatch> {
    let fields = format!(r#"{{"name": "a", "type": {kind}}}"#);
    let rows = values.into_iter().map(|value| vec![value]).collect();
    read(&AvroFormat::new(), file(&fields, Codec::Null, rows)).await
}

#[tokio::test]
async fn every_codec_is_read() {
    let fields = r#"{"name": "id", "type": "long"}, {"name": "text", "type": "string"}"#;
    let codecs = [
        Codec::Null,
        Codec::Deflate(Default::default()),
        Codec::Snappy,
        Codec::Zstandard(Default::default()),
        Codec::Bzip2(Default::default()),
        Codec::Xz(Default::default()),
    ];
    for codec in codecs {
        let rows = (0..3000).map(|id| vec![Value::Long(id), Value::String(format!("text {id}"))]).collect();
        let batch = read(&AvroFormat::new(), file(fields, codec, rows)).await.unwrap();
        assert_eq!(batch.num_rows(), 3000, "{codec:?}");
        let ids = batch["id"].as_primitive::<Int64Type>();
        let texts = batch["text"].as_string::<i32>();
        for row in 0..3000 {
            assert_eq!(ids.value(row), row as i64);
            assert_eq!(texts.value(row), format!("text {row}"));
        }
    }
}

#[tokio::test]
async fn every_logical_type_keeps_its_values() {
    let i = i64::MAX;
    let decimal = |bytes: &[u8]| Value::Decimal(Decimal::from(bytes.to_vec()));

    let kind = r#"{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#;
    let batch =
        read_one(kind, vec![decimal(&[0xff]), decimal(&[0x00, 0x80]), decimal(&[0x80, 0x00])]).await.unwrap();
    let values = batch["a"].as_primitive::<Decimal128Type>();
    assert_eq!(values.data_type(), &DataType::Decimal128(9, 2));
    assert_eq!(values.values(), &[-1, 128, -32768]);

    let kind = r#"{"type": "fixed", "name": "f", "size": 20, "logicalType": "decimal", "precision": 38, "scale": 0}"#;
    let batch = read_one(kind, vec![decimal(&[0xfe]), decimal(&[0x7f; 12])]).await.unwrap();
    let values = batch["a"].as_primitive::<Decimal128Type>();
    assert_eq!(values.data_type(), &DataType::Decimal128(38, 0));
    assert_eq!(values.value(0), -2);
    assert_eq!(
        values.value(1),
        i128::from_be_bytes([[0; 4].as_slice(), &[0x7f; 12]].concat().try_into().unwrap())
    );

    let id = apache_avro::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    let kind = r#"{"type": "string", "logicalType": "uuid"}"#;
    let batch = read_one(kind, vec![Value::Uuid(id)]).await.unwrap();
    assert_eq!(batch["a"].as_string::<i32>().value(0), "01234567-89ab-cdef-0123-456789abcdef");

    let batch =
        read_one(r#"{"type": "int", "logicalType": "date"}"#, vec![Value::Date(-719_162)]).await.unwrap();
    assert_eq!(batch["a"].as_primitive::<Date32Type>().values(), &[-719_162]);

    let kind = r#"{"type": "int", "logicalType": "time-millis"}"#;
    let batch = read_one(kind, vec![Value::TimeMillis(86_399_999)]).await.unwrap();
    assert_eq!(batch["a"].as_primitive::<Time32MillisecondType>().values(), &[86_399_999]);

    let kind = r#"{"type": "long", "logicalType": "time-micros"}"#;
    let batch = read_one(kind, vec![Value::TimeMicros(86_399_999_999)]).await.unwrap();
    assert_eq!(batch["a"].as_primitive::<Time64MicrosecondType>().values(), &[86_399_999_999]);

    let instants = [
        ("timestamp-millis", Value::TimestampMillis(-i), TimeUnit::Millisecond, Some("UTC")),
        ("timestamp-micros", Value::TimestampMicros(-i), TimeUnit::Microsecond, Some("UTC")),
        ("timestamp-nanos", Value::TimestampNanos(-i), TimeUnit::Nanosecond, Some("UTC")),
        ("local-timestamp-millis", Value::LocalTimestampMillis(-i), TimeUnit::Millisecond, None),
        ("local-timestamp-micros", Value::LocalTimestampMicros(-i), TimeUnit::Microsecond, None),
        ("local-timestamp-nanos", Value::LocalTimestampNanos(-i), TimeUnit::Nanosecond, None),
    ];
    for (logical, value, unit, zone) in instants {
        let kind = format!(r#"{{"type": "long", "logicalType": "{logical}"}}"#);
        let batch = read_one(&kind, vec![value]).await.unwrap();
        let column = &batch["a"];
        assert_eq!(column.data_type(), &DataType::Timestamp(unit, zone.map(Into::into)), "{logical}");
        let value = match unit {
            TimeUnit::Millisecond => column.as_primitive::<TimestampMillisecondType>().value(0),
            TimeUnit::Microsecond => column.as_primitive::<TimestampMicrosecondType>().value(0),
            _ => column.as_primitive::<TimestampNanosecondType>().value(0),
        };
        assert_eq!(value, -i, "{logical}");
    }
}

#[tokio::test]
async fn a_duration_is_an_interval_or_refused() {
    let kind = r#"["null", {"type": "fixed", "name": "d", "size": 12, "logicalType": "duration"}]"#;
    let duration = |months, days, millis| {
        let duration = Duration::new(Months::new(months), Days::new(days), Millis::new(millis));
        Value::Union(1, Box::new(Value::Duration(duration)))
    };
    let batch = read_one(kind, vec![duration(14, 3, u32::MAX)]).await.unwrap();
    let value = batch["a"].as_primitive::<IntervalMonthDayNanoType>().value(0);
    assert_eq!((value.months, value.days, value.nanoseconds), (14, 3, i64::from(u32::MAX) * 1_000_000));

    let error = read_one(kind, vec![duration(0, u32::MAX, 0)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.context().contains(&("column", "a".to_owned())), "{error}");
    assert!(error.context().contains(&("from row", "1".to_owned())), "{error}");
}

#[tokio::test]
async fn enums_and_unions_with_null_on_either_side_are_plain_columns() {
    let fields = r#"
        {"name": "a", "type": ["null", "long"]},
        {"name": "b", "type": ["long", "null"]},
        {"name": "c", "type": {"type": "enum", "name": "colour", "symbols": ["red", "green"]}},
        {"name": "d", "type": {"type": "array", "items": ["null", "colour"]}}"#;
    let some = |at, value| Value::Union(at, Box::new(value));
    let green = || Value::Enum(1, "green".to_owned());
    let rows = vec![
        vec![some(1, Value::Long(5)), some(0, Value::Long(6)), green(), Value::Array(vec![some(1, green())])],
        vec![some(0, Value::Null), some(1, Value::Null), green(), Value::Array(vec![some(0, Value::Null)])],
    ];
    let batch = read(&AvroFormat::new(), file(fields, Codec::Null, rows)).await.unwrap();
    assert_eq!(batch["a"].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(5), None]);
    assert_eq!(batch["b"].as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(6), None]);
    assert_eq!(batch["c"].as_string::<i32>().value(0), "green");
    let items = batch["d"].as_list::<i32>().values().as_string::<i32>().iter().collect::<Vec<_>>();
    assert_eq!(items, [Some("green"), None]);
}

#[tokio::test]
async fn what_no_column_can_hold_is_refused_by_name() {
    let record = |kind: &str| {
        format!(r#"{{"type": "record", "name": "r", "fields": [{{"name": "bad", "type": {kind}}}]}}"#)
    };
    let refused = [
        record(r#"["null", "long", "string"]"#),
        record(r#"["null", "r"]"#),
        record(r#"{"type": "array", "items": "null"}"#),
        record(r#"{"type": "bytes", "logicalType": "decimal", "precision": 100}"#),
        record(r#"{"type": "fixed", "name": "f", "size": 2000000000}"#),
        record(&format!("{}\"long\"{}", r#"{"type": "array", "items": "#.repeat(60), "}".repeat(60))),
    ];
    for (index, schema) in refused.iter().enumerate() {
        let result = inspect(&AvroFormat::new(), header(schema)).await;
        if index == 5 {
            // Sixty levels are deep, and still fine.
            result.unwrap();
            continue;
        }
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{schema}");
        assert!(error.context().contains(&("column", "bad".to_owned())), "{error}");
    }
    for schema in [r#""long""#.to_owned(), record(r#""null""#)] {
        let error = inspect(&AvroFormat::new(), header(&schema)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{schema}");
    }
    for schema in ["{".to_owned(), record(r#""unknown.type""#)] {
        let error = inspect(&AvroFormat::new(), header(&schema)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{schema}");
    }
}

#[tokio::test]
async fn named_types_are_found_across_namespaces() {
    let schema = r#"{"type": "record", "name": "org.a.Row", "fields": [
        {"name": "x", "type": {"type": "record", "name": "Inner", "namespace": "org.b", "fields": [
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["k"]}},
            {"name": "again", "type": "Kind"}]}},
        {"name": "y", "type": "org.b.Inner"},
        {"name": "z", "type": ["null", {"type": "org.b.Kind"}]}]}"#;
    let found = inspect(&AvroFormat::new(), header(schema)).await.unwrap();
    let schema = found.schema.unwrap();
    assert_eq!(schema.field(0).data_type(), schema.field(1).data_type());
    assert_eq!(schema.field(2).data_type(), &DataType::Utf8);
    assert!(schema.field(2).is_nullable());
}

#[tokio::test]
async fn a_schema_longer_than_the_first_read_is_read_whole() {
    let fields = (0..3000)
        .map(|index| format!(r#"{{"name": "column_{index}", "type": "long", "doc": "{}"}}"#, "x".repeat(30)))
        .collect::<Vec<_>>()
        .join(",");
    let rows = vec![(0..3000).map(Value::Long).collect()];
    let bytes = file(&fields, Codec::Null, rows);
    assert!(bytes.len() > 200_000);
    let batch = read(&AvroFormat::new(), bytes).await.unwrap();
    assert_eq!(batch["column_2999"].as_primitive::<Int64Type>().values(), &[2999]);
}

#[tokio::test]
async fn a_long_file_is_cut_at_blocks_into_parts_that_hold_each_row_once() {
    let fields = r#"{"name": "id", "type": "long"}, {"name": "text", "type": "string"}"#;
    let schema = format!(r#"{{"type": "record", "name": "row", "fields": [{fields}]}}"#);
    let schema = Schema::parse_str(&schema).unwrap();
    let text = "x".repeat(1000);
    // Long blocks are skipped by ranged reads, short ones are read along.
    for block_size in [16_000, 400_000] {
        let mut writer =
            Writer::builder().schema(&schema).writer(Vec::new()).block_size(block_size).build().unwrap();
        for id in 0..40_000 {
            let row = vec![("id".into(), Value::Long(id)), ("text".into(), Value::String(text.clone()))];
            writer.append_value(Value::Record(row)).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let found = inspect(&AvroFormat::new(), bytes.clone()).await.unwrap();
        assert_eq!(found.row_count, Some(40_000));
        assert_eq!(found.parts.len(), 3);
        let (_, batches) = read_batches(&AvroFormat::new(), bytes, 777).await.unwrap();
        let ids = batches.iter().flat_map(|batch| batch["id"].as_primitive::<Int64Type>().values().to_vec());
        assert!(ids.eq(0..40_000));
    }
}

#[tokio::test]
async fn a_file_without_rows_has_columns_and_no_parts() {
    let bytes = file(r#"{"name": "id", "type": "long"}"#, Codec::Snappy, Vec::new());
    let found = inspect(&AvroFormat::new(), bytes).await.unwrap();
    assert_eq!((found.row_count, found.parts.len()), (Some(0), 0));
    assert_eq!(found.schema.unwrap().fields().len(), 1);
}

#[tokio::test]
async fn what_types_do_not_show_is_told_of_each_column() {
    let fixed =
        r#"{"type": "fixed", "name": "f", "size": 4, "logicalType": "decimal", "precision": 5, "scale": 2}"#;
    let schema = format!(
        r#"{{"type": "record", "name": "row", "fields": [
        {{"name": "plain", "type": "long"}},
        {{"name": "kind", "type": ["null", {{"type": "enum", "name": "k", "symbols": ["a"]}}]}},
        {{"name": "again", "type": {{"type": "array", "items": "k"}}}},
        {{"name": "amount", "type": {fixed}}},
        {{"name": "part", "type": {{"type": "record", "name": "p", "fields": [
            {{"name": "x", "type": "f"}}, {{"name": "y", "type": "k"}}]}}}}]}}"#
    );
    let found = inspect(&AvroFormat::new(), header(&schema)).await.unwrap();
    let found = found.schema.unwrap();
    let words =
        found.fields().iter().map(|field| publish_core::stored_as(field).into_iter().collect::<Vec<_>>());
    let expected: [&[&str]; 5] = [&[], &["enum"], &["enum"], &["fixed"], &["enum", "fixed"]];
    assert_eq!(words.collect::<Vec<_>>(), expected);
    let rare = file(
        r#"{"name": "id", "type": "long"}"#,
        Codec::Bzip2(Default::default()),
        vec![vec![Value::Long(1)]],
    );
    let found = inspect(&AvroFormat::new(), rare).await.unwrap().schema.unwrap();
    assert!(publish_core::stored_as(found.field(0)).contains("codec:bzip2"));
}
