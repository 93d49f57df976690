//! Damaged files end in an error or in rows, never in a panic, a hang or rows out of nothing.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod stored;

use std::sync::Arc;
use std::time::Duration;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use bytes::Bytes;
use publish_core::{ErrorKind, FileInspection, Format};
use publish_formats::{AvroFormat, ParquetFormat};
use stored::{compressed, inspect, store, write};

/// Longest that a small file may take, far above what any does.
const LIMIT: Duration = Duration::from_secs(30);

fn batch() -> RecordBatch {
    let ids: ArrayRef =
        Arc::new(Int64Array::from_iter((0..40).map(|id| (id % 5 != 0).then_some(id * 1_000_003))));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..40).map(|id| format!("text {id}"))));
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..40).map(|id| (id % 3 != 0).then(|| (0..id % 4).map(Some).collect::<Vec<_>>())),
    ));
    let prices: ArrayRef = Arc::new(
        Decimal128Array::from_iter_values((0..40).map(|id| id * 77 - 100))
            .with_precision_and_scale(20, 2)
            .unwrap(),
    );
    let rates: ArrayRef = Arc::new(Float64Array::from_iter_values((0..40).map(f64::from)));
    let inner = RecordBatch::try_from_iter([("rate", rates)]).unwrap();
    let records: ArrayRef = Arc::new(StructArray::from(inner));
    let columns = [("id", ids), ("text", texts), ("list", lists), ("price", prices), ("record", records)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

async fn sample(format: &dyn Format, compression: Option<&str>) -> Bytes {
    let batch = batch();
    let mut options = compressed(compression);
    options.group_rows = 15;
    write(format, &batch.schema(), &[batch], &options).await.unwrap()
}

/// Reads all parts, whatever they hold.
async fn read_any(format: &dyn Format, bytes: Bytes) -> publish_core::Result<u64> {
    let (file, storage) = store(bytes);
    let options = Default::default();
    let found: FileInspection = format.inspect(&file, &options, &storage).await?;
    let schema = Arc::clone(format.unify(std::slice::from_ref(&found), &options)?.source());
    let mut rows = 0;
    for part in &found.parts {
        let mut stream = format.open(&file, part, &schema, &options, 16, &storage).await?;
        while let Some(batch) = futures::StreamExt::next(&mut stream).await.transpose()? {
            rows += batch.num_rows() as u64;
        }
    }
    assert_eq!(found.row_count, Some(rows), "the announced rows are those that were read");
    Ok(rows)
}

fn check(error: &publish_core::Error, what: &str) {
    let kinds = [ErrorKind::BadData, ErrorKind::Unsupported];
    assert!(kinds.contains(&error.kind()), "{what}: {error:?}");
    assert!(
        error.context().iter().any(|(key, value)| *key == "file" && value == "mem://tests/file"),
        "{error:?}"
    );
}

async fn every_cut_is_told(format: &dyn Format, compression: Option<&str>, whole_at: &[usize]) {
    let bytes = sample(format, compression).await;
    for len in 1..bytes.len() {
        let result = tokio::time::timeout(LIMIT, inspect(format, bytes.slice(..len))).await.unwrap();
        match result {
            // A file of whole blocks cannot be told from one that was cut there.
            Ok(_) => {
                assert!(whole_at.contains(&len) || whole_at.is_empty() && is_block_end(&bytes, len), "{len}")
            }
            Err(error) => {
                check(&error, &format!("cut at {len}"));
                assert_eq!(error.kind(), ErrorKind::BadData, "{error}");
            }
        }
    }
}

/// Whether the sixteen bytes of the sync marker, which end the file too, end here.
fn is_block_end(bytes: &[u8], len: usize) -> bool {
    bytes[..len].ends_with(&bytes[bytes.len() - 16..])
}

async fn no_change_of_bytes_is_fatal(format: &dyn Format, compression: Option<&str>, rounds: u64) {
    let bytes = sample(format, compression).await;
    let mut random = noise_from(42);
    let mut refused = 0;
    for round in 0..rounds {
        let mut changed = bytes.to_vec();
        for _ in 0..=random() % 3 {
            let at = usize::try_from(random() % changed.len() as u64).unwrap();
            changed[at] = (random() >> 8) as u8;
        }
        let reading = read_any(format, changed.into());
        if let Err(error) = tokio::time::timeout(LIMIT, reading).await.unwrap() {
            check(&error, &format!("round {round}"));
            refused += 1;
        }
    }
    assert!(refused > rounds / 10, "{refused} of {rounds} changes were noticed");
}

#[tokio::test]
async fn an_avro_file_cut_anywhere_within_a_block_is_told() {
    for compression in [None, Some("snappy"), Some("deflate")] {
        every_cut_is_told(&AvroFormat::new(), compression, &[]).await;
    }
}

#[tokio::test]
async fn a_parquet_file_cut_anywhere_is_told() {
    every_cut_is_told(&ParquetFormat::new(), Some("snappy"), &[usize::MAX]).await;
}

#[tokio::test]
async fn changed_bytes_of_an_avro_file_are_no_danger() {
    for compression in [None, Some("deflate"), Some("snappy"), Some("zstd"), Some("bzip2"), Some("xz")] {
        no_change_of_bytes_is_fatal(&AvroFormat::new(), compression, 700).await;
    }
}

#[tokio::test]
async fn changed_bytes_of_a_parquet_file_are_no_danger() {
    for compression in [None, Some("gzip"), Some("snappy"), Some("zstd"), Some("lz4"), Some("brotli")] {
        no_change_of_bytes_is_fatal(&ParquetFormat::new(), compression, 500).await;
    }
}

#[tokio::test]
async fn a_wrong_sync_marker_is_told_with_its_place() {
    let mut bytes = sample(&AvroFormat::new(), None).await.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let error = inspect(&AvroFormat::new(), bytes).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.context().contains(&("byte", (last - 15).to_string())), "{error}");
    assert!(error.context().iter().any(|(key, _)| *key == "expected"), "{error}");
}

#[tokio::test]
async fn an_absurd_footer_length_is_told() {
    let bytes = sample(&ParquetFormat::new(), None).await;
    for announced in [0, u32::MAX, u32::try_from(bytes.len()).unwrap()] {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() - 8;
        bytes[at..at + 4].copy_from_slice(&announced.to_le_bytes());
        let error = inspect(&ParquetFormat::new(), bytes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert!(error.context().contains(&("announced", announced.to_string())), "{error}");
    }
}

/// Numbers in no order, the same each time.
fn noise_from(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state ^ (state >> 29)) >> 3
    }
}
