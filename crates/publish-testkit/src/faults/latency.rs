//! A storage far away.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use publish_core::{ByteStream, FileMeta, FileStream, FileWriter, Location, Result, Storage};

/// Any storage, with a delay before each call, each write and each listing.
///
/// The delay is tokio's, so that a test with paused time measures round trips instead of waiting for them.
#[derive(Clone, Debug)]
pub struct LatencyStorage {
    inner: Arc<dyn Storage>,
    delay: Duration,
}

impl LatencyStorage {
    /// Puts `delay` before each call of `inner`.
    pub fn new(inner: Arc<dyn Storage>, delay: Duration) -> Self {
        Self { inner, delay }
    }

    async fn wait(&self) {
        tokio::time::sleep(self.delay).await;
    }
}

#[async_trait]
impl Storage for LatencyStorage {
    fn schemes(&self) -> &[&'static str] {
        self.inner.schemes()
    }

    fn list(&self, folder: &Location) -> FileStream {
        let (this, folder) = (self.clone(), folder.clone());
        let listed = async move {
            this.wait().await;
            this.inner.list(&folder)
        };
        futures::stream::once(listed).flatten().boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.wait().await;
        self.inner.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.wait().await;
        self.inner.read(at, range).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.wait().await;
        self.inner.stream(at, range).await
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        self.wait().await;
        let inner = self.inner.create(at).await?;
        Ok(Box::new(LatencyWriter { inner, delay: self.delay }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.wait().await;
        self.inner.rename(from, to).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.wait().await;
        self.inner.delete(at).await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        self.wait().await;
        self.inner.delete_folder(folder).await
    }
}

#[derive(Debug)]
struct LatencyWriter {
    inner: Box<dyn FileWriter>,
    delay: Duration,
}

#[async_trait]
impl FileWriter for LatencyWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        tokio::time::sleep(self.delay).await;
        self.inner.write(bytes).await
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        tokio::time::sleep(self.delay).await;
        self.inner.finish().await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        tokio::time::sleep(self.delay).await;
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::ShelfStorage;

    #[tokio::test(start_paused = true)]
    async fn each_call_takes_its_time() {
        let shelf = ShelfStorage::default();
        let at = Location::parse("mem:///x").unwrap();
        shelf.put(at.clone(), Bytes::from_static(b"abc"));
        let storage = LatencyStorage::new(Arc::new(shelf), Duration::from_millis(40));
        let start = tokio::time::Instant::now();
        storage.head(&at).await.unwrap();
        storage.read(&at, 0..1).await.unwrap();
        assert_eq!(storage.list(&Location::parse("mem:///").unwrap()).count().await, 1);
        assert_eq!(start.elapsed(), Duration::from_millis(120));
    }
}
