//! The S3 store on a server that is told what goes wrong, and on one that nobody here wrote.

#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod contract;
mod denied;
mod moto;
mod reading;
mod writing;

use std::time::Duration;

use bytes::Bytes;
use publish_core::{FileMeta, Location, Result, Secret, Storage};
use publish_storage::{S3Config, S3Storage};
use s3_test_server::{ACCESS_KEY, S3TestServer, SECRET_KEY, Settings};

const MIB: usize = 1024 * 1024;

fn server() -> S3TestServer {
    S3TestServer::start(Settings::default().with_bucket("bucket")).unwrap()
}

/// Settings that reach a server and lose no time.
fn config(server: &S3TestServer) -> S3Config {
    S3Config::default()
        .with_endpoint(server.endpoint())
        .with_keys(ACCESS_KEY, Secret::new(SECRET_KEY))
        .with_region("us-east-1")
        .with_first_wait(Duration::from_millis(1))
}

fn storage(server: &S3TestServer) -> S3Storage {
    S3Storage::new(config(server)).unwrap()
}

fn at(key: &str) -> Location {
    Location::parse(&format!("s3://bucket/{key}")).unwrap()
}

async fn write(storage: &S3Storage, key: &str, bytes: impl Into<Bytes>) -> Result<FileMeta> {
    let mut writer = storage.create(&at(key)).await?;
    writer.write(bytes.into()).await?;
    writer.finish().await
}

/// Bytes that differ from any shifted copy of themselves.
fn noise(size: usize) -> Vec<u8> {
    (0..size as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}
