//! Batches that are written in other types than their own.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, RecordBatch, Time64MicrosecondArray, TimestampMillisecondArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use publish_core::{ErrorKind, Format};
use publish_formats::{AvroFormat, ParquetFormat};
use stored::{compressed, read, write};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn schema(types: &[(&str, DataType)]) -> SchemaRef {
    let fields = types.iter().map(|(name, written)| Field::new(*name, written.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[tokio::test]
async fn a_batch_is_written_in_the_types_of_its_writer() {
    let batch = batch(vec![
        ("n", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("t", Arc::new(Time64MicrosecondArray::from(vec![Some(45_296_000_001), None]))),
        ("z", Arc::new(TimestampMillisecondArray::from(vec![Some(7), None]).with_timezone("UTC"))),
    ]);
    let schema = schema(&[
        ("n", DataType::Decimal128(20, 0)),
        ("t", DataType::Utf8),
        ("z", DataType::Timestamp(TimeUnit::Millisecond, None)),
    ]);
    let formats: [&dyn Format; 2] = [&AvroFormat::new(), &ParquetFormat::new()];
    for format in formats {
        let bytes = write(format, &schema, std::slice::from_ref(&batch), &compressed(None)).await.unwrap();
        let found = read(format, bytes).await.unwrap();
        let types: Vec<&DataType> =
            found.schema_ref().fields().iter().map(|field| field.data_type()).collect();
        assert_eq!(types, schema.fields().iter().map(|field| field.data_type()).collect::<Vec<_>>());
        assert_eq!(found.column(0).as_primitive::<Decimal128Type>().value(0), i128::from(u64::MAX));
        assert_eq!(found.column(1).as_string::<i32>().value(0), "12:34:56.000001");
        assert_eq!(found.num_rows(), 2);
    }
}

#[tokio::test]
async fn a_value_that_the_writer_s_type_does_not_hold_is_refused_by_column() {
    let batch = batch(vec![("n", Arc::new(UInt64Array::from(vec![1, u64::MAX])))]);
    let schema = schema(&[("n", DataType::Int64)]);
    let formats: [&dyn Format; 2] = [&AvroFormat::new(), &ParquetFormat::new()];
    for format in formats {
        let error =
            write(format, &schema, std::slice::from_ref(&batch), &compressed(None)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData, "{error:?}");
        assert!(error.context().contains(&("column", "n".to_owned())), "{error:?}");
    }
}
