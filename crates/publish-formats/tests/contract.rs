//! The four formats keep the contract.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::Arc;

use publish_core::Format;
use publish_formats::{AvroFormat, CsvFormat, JsonFormat, ParquetFormat};
use publish_storage::MemoryStorage;
use publish_testkit::format::{FormatBench, check_all};

async fn check(format: &dyn Format) {
    let bench = FormatBench::new(format, Arc::new(MemoryStorage::default()), "mem:///scratch").unwrap();
    if let Err(violation) = check_all(&bench).await {
        panic!("{violation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn avro_keeps_the_contract() {
    check(&AvroFormat::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_keeps_the_contract() {
    check(&ParquetFormat).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_keeps_the_contract() {
    check(&CsvFormat).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_keeps_the_contract() {
    check(&JsonFormat).await;
}
