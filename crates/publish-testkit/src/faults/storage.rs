//! A storage whose calls fail, and which counts them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Retry, Storage,
};

/// A call of a storage or of one of its writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StorageCall {
    /// `Storage::list`.
    List,
    /// `Storage::head`.
    Head,
    /// `Storage::read`.
    Read,
    /// `Storage::stream`.
    Stream,
    /// `Storage::create`.
    Create,
    /// `FileWriter::write`.
    Write,
    /// `FileWriter::finish`.
    Finish,
    /// `FileWriter::abort`.
    Abort,
    /// `Storage::rename`.
    Rename,
    /// `Storage::delete`.
    Delete,
    /// `Storage::delete_folder`.
    DeleteFolder,
}

/// Any storage, with faults in its calls. Clones share the faults and the counts.
///
/// ```
/// use std::sync::Arc;
///
/// use publish_core::{ErrorKind, Location, Retry, Storage};
/// use publish_testkit::faults::{FaultyStorage, StorageCall};
/// use publish_testkit::results::ShelfStorage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> publish_core::Result<()> {
/// let shelf = ShelfStorage::default();
/// let at = Location::parse("mem:///part-0.csv")?;
/// shelf.put(at.clone(), "id\n1\n".into());
///
/// let storage = FaultyStorage::new(Arc::new(shelf));
/// storage.fail(StorageCall::Head, 2, ErrorKind::Unavailable, Retry::Safe);
/// assert!(storage.head(&at).await.is_ok());
/// assert!(storage.head(&at).await.is_err());
/// assert!(storage.head(&at).await.is_ok());
/// assert_eq!(storage.calls(StorageCall::Head), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStorage {
    inner: Arc<dyn Storage>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: BTreeMap<StorageCall, u64>,
    failures: BTreeMap<(StorageCall, u64), (ErrorKind, Retry)>,
    stream_limit: Option<u64>,
    bytes_read: u64,
    largest_read: u64,
    bytes_written: u64,
    open_streams: u64,
}

impl FaultyStorage {
    /// Puts itself before `inner`, without faults.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Lets the `nth` call of its kind fail, counted from 1 and from the beginning. Nothing is done by that call.
    pub fn fail(&self, call: StorageCall, nth: u64, kind: ErrorKind, retry: Retry) {
        self.state().failures.insert((call, nth), (kind, retry));
    }

    /// Lets each stream break off after so many bytes, as a connection does.
    pub fn break_streams_after(&self, bytes: u64) {
        self.state().stream_limit = Some(bytes);
    }

    /// How many calls of a kind there were, failed ones too.
    pub fn calls(&self, call: StorageCall) -> u64 {
        self.state().calls.get(&call).copied().unwrap_or(0)
    }

    /// How many bytes were handed out, by reads and streams.
    pub fn bytes_read(&self) -> u64 {
        self.state().bytes_read
    }

    /// How many bytes the largest read asked for. Streams do not count: they come in chunks.
    pub fn largest_read(&self) -> u64 {
        self.state().largest_read
    }

    /// How many bytes were taken from writers.
    pub fn bytes_written(&self) -> u64 {
        self.state().bytes_written
    }

    /// How many streams are neither dropped nor at their end.
    pub fn open_streams(&self) -> u64 {
        self.state().open_streams
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, and fails it if it is to fail.
    fn hear(&self, call: StorageCall, at: &Location) -> Result<()> {
        let mut state = self.state();
        let count = state.calls.entry(call).or_default();
        *count += 1;
        let nth = *count;
        let Some((kind, retry)) = state.failures.get(&(call, nth)) else { return Ok(()) };
        Err(Error::new(*kind, "The call was made to fail")
            .with_retry(*retry)
            .with_context("location", at)
            .with_context("call", format!("{call:?}")))
    }

    /// Hands on one chunk, or breaks the stream off in the middle of it.
    fn pass(&self, chunk: &Bytes, passed: u64, at: &Location) -> Result<()> {
        let mut state = self.state();
        if state.stream_limit.is_some_and(|limit| passed + chunk.len() as u64 > limit) {
            return Err(Error::new(ErrorKind::Unavailable, "The stream was made to break off")
                .with_retry(Retry::Safe)
                .with_context("location", at)
                .with_context("byte", passed));
        }
        state.bytes_read += chunk.len() as u64;
        Ok(())
    }
}

#[async_trait]
impl Storage for FaultyStorage {
    fn schemes(&self) -> &[&'static str] {
        self.inner.schemes()
    }

    fn list(&self, folder: &Location) -> FileStream {
        match self.hear(StorageCall::List, folder) {
            Ok(()) => self.inner.list(folder),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.hear(StorageCall::Head, at)?;
        self.inner.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.hear(StorageCall::Read, at)?;
        let asked = range.end.saturating_sub(range.start);
        {
            let mut state = self.state();
            state.largest_read = state.largest_read.max(asked);
        }
        let bytes = self.inner.read(at, range).await?;
        self.state().bytes_read += bytes.len() as u64;
        Ok(bytes)
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.hear(StorageCall::Stream, at)?;
        let inner = self.inner.stream(at, range).await?;
        let open = OpenStream::new(self.clone());
        let at = at.clone();
        let stream = futures::stream::try_unfold((inner, open, 0), move |(mut inner, open, passed)| {
            let at = at.clone();
            async move {
                let Some(chunk) = inner.try_next().await? else { return Ok(None) };
                open.storage.pass(&chunk, passed, &at)?;
                let passed = passed + chunk.len() as u64;
                Ok(Some((chunk, (inner, open, passed))))
            }
        });
        Ok(stream.boxed())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        self.hear(StorageCall::Create, at)?;
        let inner = self.inner.create(at).await?;
        Ok(Box::new(FaultyWriter { inner, storage: self.clone(), at: at.clone() }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.hear(StorageCall::Rename, from)?;
        self.inner.rename(from, to).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.hear(StorageCall::Delete, at)?;
        self.inner.delete(at).await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        self.hear(StorageCall::DeleteFolder, folder)?;
        self.inner.delete_folder(folder).await
    }
}

/// Counts as an open stream while it lives.
struct OpenStream {
    storage: FaultyStorage,
}

impl OpenStream {
    fn new(storage: FaultyStorage) -> Self {
        storage.state().open_streams += 1;
        Self { storage }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.storage.state().open_streams -= 1;
    }
}

#[derive(Debug)]
struct FaultyWriter {
    inner: Box<dyn FileWriter>,
    storage: FaultyStorage,
    at: Location,
}

#[async_trait]
impl FileWriter for FaultyWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.storage.hear(StorageCall::Write, &self.at)?;
        let count = bytes.len() as u64;
        self.inner.write(bytes).await?;
        self.storage.state().bytes_written += count;
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        self.storage.hear(StorageCall::Finish, &self.at)?;
        self.inner.finish().await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        self.storage.hear(StorageCall::Abort, &self.at)?;
        self.inner.abort().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::ShelfStorage;

    #[tokio::test]
    async fn a_stream_breaks_off_and_is_counted() {
        let shelf = ShelfStorage::default();
        let at = Location::parse("mem:///x").unwrap();
        shelf.put(at.clone(), Bytes::from_static(b"abcdef"));
        let storage = FaultyStorage::new(Arc::new(shelf));
        let stream = storage.stream(&at, 0..6).await.unwrap();
        assert_eq!(storage.open_streams(), 1);
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().concat(), b"abcdef");
        assert_eq!((storage.open_streams(), storage.bytes_read()), (0, 6));

        storage.break_streams_after(5);
        let broken = storage.stream(&at, 0..6).await.unwrap().try_collect::<Vec<_>>().await;
        assert_eq!(broken.unwrap_err().retry(), Retry::Safe);
        assert_eq!(storage.bytes_read(), 6);
    }

    #[tokio::test]
    async fn a_failed_finish_leaves_no_file() {
        let shelf = ShelfStorage::default();
        let storage = FaultyStorage::new(Arc::new(shelf.clone()));
        storage.fail(StorageCall::Finish, 1, ErrorKind::Unavailable, Retry::Safe);
        let writer = storage.create(&Location::parse("mem:///x").unwrap()).await.unwrap();
        assert!(writer.finish().await.is_err());
        assert!(shelf.locations().is_empty());
    }
}
