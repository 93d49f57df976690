//! Counting the bytes that pass through a run.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;

use crate::{ByteStream, FileMeta, FileStream, FileWriter, Location, Result, Storage, Storages};

/// Bytes that a run read from and wrote to storage.
#[derive(Clone, Debug, Default)]
pub(super) struct ByteCounts {
    read: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

impl ByteCounts {
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// The same storages, with everything that passes counted here.
    pub(super) fn over(&self, storages: &Storages) -> Storages {
        storages.map(|storage| Arc::new(Counted { inner: Arc::clone(storage), counts: self.clone() }))
    }
}

#[derive(Debug)]
struct Counted {
    inner: Arc<dyn Storage>,
    counts: ByteCounts,
}

#[async_trait]
impl Storage for Counted {
    fn schemes(&self) -> &[&'static str] {
        self.inner.schemes()
    }

    fn list(&self, folder: &Location) -> FileStream {
        self.inner.list(folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.inner.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        let bytes = self.inner.read(at, range).await?;
        self.counts.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let stream = self.inner.stream(at, range).await?;
        let counts = self.counts.clone();
        Ok(Box::pin(stream.inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                counts.read.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            }
        })))
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        let inner = self.inner.create(at).await?;
        Ok(Box::new(CountedWriter { inner, counts: self.counts.clone() }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.inner.rename(from, to).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.inner.delete(at).await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        self.inner.delete_folder(folder).await
    }
}

#[derive(Debug)]
struct CountedWriter {
    inner: Box<dyn FileWriter>,
    counts: ByteCounts,
}

#[async_trait]
impl FileWriter for CountedWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let length = bytes.len() as u64;
        self.inner.write(bytes).await?;
        self.counts.written.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        self.inner.finish().await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        self.inner.abort().await
    }
}
