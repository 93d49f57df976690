//! What reaches servers: targets, storages, and plain transfers beside them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{Error, ErrorKind, Location, Registry, Result, Secret, Storage};
use publish_storage::{HdfsConfig, HdfsStorage, S3Config, S3Storage};
use serde::{Deserialize, Serialize};
use target_hive::HiveFactory;
use target_redshift::RedshiftFactory;
use tokio::io::AsyncReadExt;

use crate::host::S3Access;
use crate::job::Measured;

/// The user as whom HDFS is reached: Hive's own, so that it may move what we write.
pub(crate) const HDFS_USER: &str = "hive";

/// Bytes that are written to HDFS at once.
const CHUNK: usize = 1024 * 1024;

/// Adds the targets that are servers, HDFS, and S3 where it is told.
pub(crate) fn register(registry: Registry, s3: Option<&S3Access>) -> Result<Registry> {
    let mut storages: Vec<Arc<dyn Storage>> = vec![Arc::new(hdfs()?)];
    if let Some(s3) = s3 {
        let config = S3Config::default()
            .with_endpoint(&s3.endpoint)
            .with_keys(&s3.access_key, Secret::new(s3.secret_key.clone()));
        storages.push(Arc::new(S3Storage::new(config)?));
    }
    let registry = registry.with_target(Arc::new(HiveFactory)).with_target(Arc::new(RedshiftFactory));
    Ok(storages.iter().fold(registry, Registry::with_storage))
}

/// HDFS as [`HDFS_USER`].
pub(crate) fn hdfs() -> Result<HdfsStorage> {
    HdfsStorage::new(HdfsConfig::default().with_user(HDFS_USER))
}

/// Bytes on their way, and nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "transfer", rename_all = "camelCase")]
pub(crate) enum Transfer {
    /// Copies a local file to HDFS.
    Put { from: PathBuf, to: String },
    /// Reads a file of HDFS and throws its bytes away.
    Get { from: String },
}

impl Transfer {
    pub(crate) async fn carry_out(self) -> Result<Measured> {
        match self {
            Self::Put { from, to } => put(&from, &Location::parse(&to)?).await,
            Self::Get { from } => get(&Location::parse(&from)?).await,
        }
    }
}

async fn put(from: &Path, to: &Location) -> Result<Measured> {
    let unreadable = |error: std::io::Error| {
        Error::new(ErrorKind::NotFound, "The local file can't be read")
            .with_context("file", from.display())
            .with_source(error)
    };
    let mut file = tokio::fs::File::open(from).await.map_err(unreadable)?;
    let mut writer = hdfs()?.create(to).await?;
    let mut bytes_written = 0;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await.map_err(unreadable)?;
        if read == 0 {
            break;
        }
        bytes_written += read as u64;
        writer.write(Bytes::from(chunk)).await?;
    }
    writer.finish().await?;
    Ok(Measured { bytes_written, ..Measured::default() })
}

async fn get(from: &Location) -> Result<Measured> {
    let storage = hdfs()?;
    let file = storage.head(from).await?;
    let mut stream = storage.stream(from, 0..file.size).await?;
    let mut bytes_read = 0;
    while let Some(chunk) = stream.try_next().await? {
        bytes_read += chunk.len() as u64;
    }
    Ok(Measured { bytes_read, ..Measured::default() })
}
