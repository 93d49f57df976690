//! Files in memory with a clock of their own, whose calls stop at a given one, as they do for an engine that is killed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Retry, Storage,
};
use publish_storage::MemoryStorage;

/// Whether the call at which an engine dies is still carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastCall {
    Lost,
    Done,
}

/// What an engine sees of the files. Clones of one share its calls.
#[derive(Clone, Debug)]
pub(super) struct EngineStorage {
    files: SharedFiles,
    budget: Arc<Mutex<Option<(u64, LastCall)>>>,
}

/// Files that all engines see, and their clock.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedFiles {
    inner: MemoryStorage,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    seconds: u64,
    written: BTreeMap<Location, SystemTime>,
}

impl SharedFiles {
    /// What an engine sees that lives on.
    pub(super) fn engine(&self) -> EngineStorage {
        EngineStorage { files: self.clone(), budget: Arc::default() }
    }

    /// What an engine sees that is killed in its `call`th call.
    pub(super) fn mortal_engine(&self, call: u64, last: LastCall) -> EngineStorage {
        EngineStorage { files: self.clone(), budget: Arc::new(Mutex::new(Some((call, last)))) }
    }

    pub(super) fn pass_time(&self, time: Duration) {
        self.state().seconds += time.as_secs();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamp(&self, at: &Location) {
        let mut state = self.state();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + state.seconds);
        state.written.insert(at.clone(), now);
    }

    fn stamped(&self, file: FileMeta) -> FileMeta {
        let written = self.state().written.get(&file.location).copied();
        file.with_modified(written)
    }
}

impl EngineStorage {
    /// Whether the engine's last call came.
    pub(super) fn is_dead(&self) -> bool {
        self.budget().is_some_and(|(left, _)| left == 0)
    }

    fn budget(&self) -> MutexGuard<'_, Option<(u64, LastCall)>> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries a call out, unless the engine died before or in it.
    async fn call<T>(&self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        tokio::task::yield_now().await;
        let is_last = match self.budget().as_mut() {
            None => None,
            Some((0, _)) => Some(LastCall::Lost),
            Some((left, last)) => {
                *left -= 1;
                (*left == 0).then_some(*last)
            }
        };
        match is_last {
            None => work.await,
            Some(LastCall::Lost) => Err(dead()),
            Some(LastCall::Done) => {
                work.await?;
                Err(dead())
            }
        }
    }
}

fn dead() -> Error {
    Error::new(ErrorKind::Unavailable, "The engine is dead").with_retry(Retry::InDoubt)
}

#[async_trait]
impl Storage for EngineStorage {
    fn schemes(&self) -> &[&'static str] {
        self.files.inner.schemes()
    }

    fn list(&self, folder: &Location) -> FileStream {
        let (this, folder) = (self.clone(), folder.clone());
        let listed = async move {
            let files = this.files.clone();
            let listing = files.inner.list(&folder).map_ok(|file| files.stamped(file));
            this.call(listing.try_collect::<Vec<_>>()).await
        };
        let files =
            futures::stream::once(listed).map_ok(|files| futures::stream::iter(files.into_iter().map(Ok)));
        files.try_flatten().boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.call(async { Ok(self.files.stamped(self.files.inner.head(at).await?)) }).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.call(self.files.inner.read(at, range)).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.call(self.files.inner.stream(at, range)).await
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        let inner = self.call(self.files.inner.create(at)).await?;
        Ok(Box::new(EngineWriter { inner, storage: self.clone(), at: at.clone() }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.call(self.files.inner.rename(from, to)).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.call(self.files.inner.delete(at)).await
    }
}

#[derive(Debug)]
struct EngineWriter {
    inner: Box<dyn FileWriter>,
    storage: EngineStorage,
    at: Location,
}

#[async_trait]
impl FileWriter for EngineWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.inner.write(bytes).await
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        let Self { inner, storage, at } = *self;
        storage
            .call(async {
                let meta = inner.finish().await?;
                storage.files.stamp(&at);
                Ok(storage.files.stamped(meta))
            })
            .await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        self.inner.abort().await
    }
}
