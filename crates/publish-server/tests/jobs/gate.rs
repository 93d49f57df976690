//! A storage whose reads wait at a gate.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};
use publish_storage::MemoryStorage;
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Open,
    Shut,
    Broken,
}

/// Lets reads of files through, holds them, or fails them.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    position: Arc<watch::Sender<Position>>,
    waiting: Arc<watch::Sender<u32>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { position: Arc::new(watch::channel(Position::Open).0), waiting: Arc::new(watch::channel(0).0) }
    }
}

impl Gate {
    /// Holds reads from now on. A request is accepted nevertheless: what can't be looked at in time is left to the job.
    pub(crate) fn shut(&self) {
        self.waiting.send_replace(0);
        self.position.send_replace(Position::Shut);
    }

    /// Lets everything through.
    pub(crate) fn open(&self) {
        self.position.send_replace(Position::Open);
    }

    /// Fails what waits, and what comes.
    pub(crate) fn fail(&self) {
        self.position.send_replace(Position::Broken);
    }

    /// Waits until the request's look at the files was held, and then the job's.
    pub(crate) async fn waited_for(&self) {
        self.waiting.subscribe().wait_for(|waiting| *waiting > 1).await.unwrap();
    }

    async fn pass(&self) -> Result<()> {
        if *self.position.borrow() == Position::Shut {
            self.waiting.send_modify(|waiting| *waiting += 1);
        }
        let mut position = self.position.subscribe();
        let position = *position.wait_for(|position| *position != Position::Shut).await.unwrap();
        if position == Position::Broken {
            return Err(Error::new(ErrorKind::BadData, "The disk is gone; publish from another one"));
        }
        Ok(())
    }
}

/// Files in memory behind a gate.
#[derive(Debug)]
pub(crate) struct GatedStorage {
    pub(crate) files: MemoryStorage,
    pub(crate) gate: Gate,
}

#[async_trait]
impl Storage for GatedStorage {
    fn schemes(&self) -> &[&'static str] {
        &["mem"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        self.files.list(folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.files.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.gate.pass().await?;
        self.files.read(at, range).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.gate.pass().await?;
        self.files.stream(at, range).await
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        self.files.create(at).await
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.files.rename(from, to).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.files.delete(at).await
    }
}
