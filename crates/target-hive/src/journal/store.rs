//! Files that are written once.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{Error, ErrorKind, FileMeta, Location, Result, Retry, Storage};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest file that is read: records hold a table's columns, some kilobytes.
const MAX_LEN: u64 = 64 * 1024 * 1024;

/// How writing a file that can be written once ended.
#[derive(Debug)]
pub(super) enum Put {
    /// These bytes are there.
    Won(FileMeta),
    /// Somebody else's are.
    Lost,
}

/// A storage whose files are written once and never changed.
#[derive(Clone, Debug)]
pub(super) struct Store(Arc<dyn Storage>);

impl Store {
    pub(super) fn new(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }

    /// Writes a file, unless one is there.
    ///
    /// Contents hold an id that nobody else has. So an answer that got lost, or a refusal by what an earlier try of
    /// the store itself wrote, is settled by reading what is there.
    pub(super) async fn put(&self, at: &Location, content: &impl Serialize) -> Result<Put> {
        let bytes = Bytes::from(serde_json::to_vec(content).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "What the journal is to hold has no JSON form")
                .with_source(error)
        })?);
        let error = match self.write(at, bytes.clone()).await {
            Ok(meta) => return Ok(Put::Won(meta)),
            Err(error) => error,
        };
        if error.kind() != ErrorKind::AlreadyExists && error.retry() == Retry::Never {
            return Err(error);
        }
        match self.read_bytes(at).await {
            Ok(Some((meta, found))) if found == bytes => Ok(Put::Won(meta)),
            Ok(Some(_)) => Ok(Put::Lost),
            // Somebody else's file was there, and has been replaced by a later one since.
            Ok(None) if error.kind() == ErrorKind::AlreadyExists => Ok(Put::Lost),
            Ok(None) | Err(_) => Err(error),
        }
    }

    async fn write(&self, at: &Location, bytes: Bytes) -> Result<FileMeta> {
        let mut writer = self.0.create(at).await?;
        writer.write(bytes).await?;
        writer.finish().await
    }

    /// Reads a file. `None` if it is not there.
    pub(super) async fn get<T: DeserializeOwned>(&self, at: &Location) -> Result<Option<T>> {
        let Some((_, bytes)) = self.read_bytes(at).await? else { return Ok(None) };
        let content = serde_json::from_slice(&bytes).map_err(|error| {
            let message = "The journal holds a file that nobody wrote; look at it";
            Error::new(ErrorKind::BadData, message).with_context("file", at).with_source(error)
        })?;
        Ok(Some(content))
    }

    async fn read_bytes(&self, at: &Location) -> Result<Option<(FileMeta, Bytes)>> {
        match self.read_file(at).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    async fn read_file(&self, at: &Location) -> Result<(FileMeta, Bytes)> {
        let meta = self.0.head(at).await?;
        let bytes = self.0.read(at, 0..meta.size.min(MAX_LEN)).await?;
        Ok((meta, bytes))
    }

    /// Lists the files below a folder.
    pub(super) async fn list(&self, folder: &Location) -> Result<Vec<FileMeta>> {
        self.0.list(folder).try_collect().await
    }

    /// Deletes a file, if it is there.
    pub(super) async fn delete(&self, at: &Location) -> Result<()> {
        self.0.delete(at).await
    }

    /// When a file was written.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if the store does not tell.
    pub(super) async fn modified(&self, file: &FileMeta) -> Result<SystemTime> {
        if let Some(modified) = file.modified {
            return Ok(modified);
        }
        self.0.head(&file.location).await?.modified.ok_or_else(|| {
            let message = "The journal needs a storage that tells when files were written, such as hdfs://";
            Error::new(ErrorKind::Unsupported, message).with_context("location", &file.location)
        })
    }
}
