//! What is known of a file beside its rows, for targets that read files by themselves.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use publish_formats::{AvroFormat, CsvFormat};
use stored::{compressed, inspect, write};

#[tokio::test]
async fn csv_tells_nulls_from_empty_strings_by_column() {
    let facts = inspect(&CsvFormat, "id,a,b,c\n1,,\"\",x\n2,y,\"\",z\n").await.unwrap().facts;
    assert_eq!(facts.compression.as_deref(), Some("none"));
    assert_eq!(facts.nulls, Some(vec![false, true, false, false]));
    assert_eq!(facts.empty_texts, Some(vec![false, false, true, false]));
}

#[tokio::test]
async fn avro_tells_its_codec_and_its_longest_block() {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..1000).map(|id| id.to_string())));
    let batch = RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap();
    let bytes = write(&AvroFormat::new(), &batch.schema(), std::slice::from_ref(&batch), &compressed(None))
        .await
        .unwrap();
    let length = bytes.len() as u64;
    let facts = inspect(&AvroFormat::new(), bytes).await.unwrap().facts;
    assert_eq!(facts.compression.as_deref(), Some("null"));
    let (longest, header) = (facts.longest_block.unwrap(), facts.header_bytes.unwrap());
    assert!(longest > 1000 && longest + header <= length, "{longest} {header} {length}");
    assert!(facts.disguised.is_empty());
}
