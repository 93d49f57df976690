//! Avro files that were written here, as another library reads them.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::sync::Arc;

use apache_avro::Reader;
use apache_avro::types::Value;
use arrow_array::builder::{Int64Builder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationSecondArray,
    FixedSizeBinaryArray, Float64Array, Int8Array, Int64Array, IntervalMonthDayNanoArray, ListArray,
    RecordBatch, StringArray, StructArray, Time32SecondArray, Time64NanosecondArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt32Array, UInt64Array,
};
use arrow_buffer::IntervalMonthDayNano;
use arrow_schema::DataType;
use publish_core::{Error, ErrorKind};
use publish_formats::AvroFormat;
use stored::{compressed, read, write};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

async fn written(batch: &RecordBatch, compression: Option<&str>) -> Vec<u8> {
    let batches = std::slice::from_ref(batch);
    write(&AvroFormat::new(), &batch.schema(), batches, &compressed(compression)).await.unwrap().to_vec()
}

/// The values of the first row, out of their unions with null.
fn first_row(bytes: &[u8]) -> Vec<(String, Value)> {
    let Value::Record(fields) = Reader::new(bytes).unwrap().next().unwrap().unwrap() else {
        panic!("no record")
    };
    let bare = |value| if let Value::Union(_, value) = value { *value } else { value };
    fields.into_iter().map(|(name, value)| (name, bare(value))).collect()
}

async fn refusal(name: &str, column: ArrayRef) -> Error {
    let batch = batch(vec![(name, column)]);
    let batches = std::slice::from_ref(&batch);
    write(&AvroFormat::new(), &batch.schema(), batches, &compressed(None)).await.unwrap_err()
}

#[tokio::test]
async fn every_codec_is_one_that_others_read() {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
    let batch = batch(vec![("id", ids)]);
    for codec in [None, Some("deflate"), Some("snappy"), Some("zstd"), Some("bzip2"), Some("xz")] {
        let bytes = written(&batch, codec).await;
        let ids = Reader::new(bytes.as_slice()).unwrap().map(|row| match row.unwrap() {
            Value::Record(fields) => fields[0].1.clone(),
            other => panic!("{other:?}"),
        });
        assert!(ids.eq((0..5000).map(|id| Value::Union(1, Box::new(Value::Long(id))))), "{codec:?}");
        assert_eq!(read(&AvroFormat::new(), bytes).await.unwrap(), batch, "{codec:?}");
    }
}

#[tokio::test]
async fn every_value_is_what_others_read() {
    let interval = IntervalMonthDayNano::new(14, 3, 5_000_000);
    let columns: Vec<(&str, ArrayRef, Value)> = vec![
        ("flag", Arc::new(BooleanArray::from(vec![true])), Value::Boolean(true)),
        ("i8", Arc::new(Int8Array::from(vec![i8::MIN])), Value::Int(-128)),
        ("i64", Arc::new(Int64Array::from(vec![i64::MIN])), Value::Long(i64::MIN)),
        ("u32", Arc::new(UInt32Array::from(vec![u32::MAX])), Value::Long(i64::from(u32::MAX))),
        ("f64", Arc::new(Float64Array::from(vec![-0.0])), Value::Double(-0.0)),
        ("text", Arc::new(StringArray::from(vec!["é\0"])), Value::String("é\0".to_owned())),
        ("bytes", Arc::new(BinaryArray::from_vec(vec![b"\xff"])), Value::Bytes(vec![0xff])),
        (
            "fixed",
            Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 2]].into_iter()).unwrap()),
            Value::Fixed(2, vec![1, 2]),
        ),
        ("day", Arc::new(Date32Array::from(vec![-719_162])), Value::Date(-719_162)),
        ("time_s", Arc::new(Time32SecondArray::from(vec![86_399])), Value::TimeMillis(86_399_000)),
        ("time_ns", Arc::new(Time64NanosecondArray::from(vec![7000])), Value::TimeMicros(7)),
        ("ts_s", Arc::new(TimestampSecondArray::from(vec![-5])), Value::LocalTimestampMillis(-5000)),
        ("ts_us", Arc::new(TimestampMicrosecondArray::from(vec![-7])), Value::LocalTimestampMicros(-7)),
        (
            "tsz_ns",
            Arc::new(TimestampNanosecondArray::from(vec![i64::MIN]).with_timezone("Asia/Tokyo")),
            Value::TimestampNanos(i64::MIN),
        ),
    ];
    let batch = batch(columns.iter().map(|(name, column, _)| (*name, Arc::clone(column))).collect());
    let row = first_row(&written(&batch, None).await);
    for ((name, _, expected), (found_name, found)) in columns.iter().zip(&row) {
        assert_eq!((found_name.as_str(), found), (*name, expected));
    }

    let took: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![interval]));
    let row = first_row(&written(&self::batch(vec![("took", took)]), None).await);
    let Value::Duration(took) = &row[0].1 else { panic!("{row:?}") };
    let parts: [u8; 12] = (*took).into();
    assert_eq!(parts, [14, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0]);
}

#[tokio::test]
async fn a_number_without_sign_becomes_an_exact_decimal() {
    let column: ArrayRef = Arc::new(UInt64Array::from(vec![Some(u64::MAX), Some(0), None]));
    let read = read(&AvroFormat::new(), written(&batch(vec![("n", column)]), None).await).await.unwrap();
    assert_eq!(read["n"].data_type(), &DataType::Decimal128(20, 0));
    let values = read["n"].as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>();
    assert_eq!(values, [Some(i128::from(u64::MAX)), Some(0), None]);
}

#[tokio::test]
async fn nested_values_come_back_as_they_were() {
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
    ]));
    let most = 10_i128.pow(38) - 1;
    let decimals: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(most), Some(-most), None]).with_precision_and_scale(38, 38).unwrap(),
    );
    let inner = batch(vec![("list", Arc::clone(&lists)), ("decimal", decimals)]);
    let records: ArrayRef = Arc::new(StructArray::from(inner));
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    maps.keys().append_value("a");
    maps.values().append_value(1);
    maps.keys().append_value("");
    maps.values().append_null();
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    maps.append(true).unwrap();
    let maps: ArrayRef = Arc::new(maps.finish());
    let batch = batch(vec![("list", lists), ("record", records), ("map", maps)]);
    let read = read(&AvroFormat::new(), written(&batch, Some("zstd")).await).await.unwrap();
    for name in ["list", "record"] {
        let values = |batch: &RecordBatch| {
            let column = &batch[name];
            (0..3)
                .map(|row| arrow_cast::display::array_value_to_string(column, row).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&read), values(&batch), "{name}");
    }
    let map = read["map"].as_map();
    assert_eq!(map.keys().as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["a", ""]);
    assert_eq!((0..3).map(|row| map.is_null(row)).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test]
async fn what_avro_cannot_hold_is_refused_by_name() {
    let error = refusal("took", Arc::new(DurationSecondArray::from(vec![1]))).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.context().contains(&("column", "took".to_owned())), "{error}");

    let error = refusal("Ünit price", Arc::new(Int64Array::from(vec![1]))).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.context().contains(&("column", "Ünit price".to_owned())), "{error}");

    let error = refusal("at", Arc::new(Time64NanosecondArray::from(vec![7001]))).await;
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.context().contains(&("column", "at".to_owned())), "{error}");

    let error = refusal("at", Arc::new(TimestampSecondArray::from(vec![i64::MAX]))).await;
    assert_eq!(error.kind(), ErrorKind::BadData);

    for interval in [IntervalMonthDayNano::new(-1, 0, 0), IntervalMonthDayNano::new(0, 0, 1)] {
        let error = refusal("took", Arc::new(IntervalMonthDayNanoArray::from(vec![interval]))).await;
        assert_eq!(error.kind(), ErrorKind::BadData);
    }
}
