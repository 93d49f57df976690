//! Files in the memory of this process.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};

/// Files a listing takes at once, so that it never holds the lock for long.
const LIST_CHUNK: usize = 1024;

/// Bytes of a chunk of a stream.
const STREAM_CHUNK: u64 = 1024 * 1024;

/// Files in memory, under `mem://`. Clones share them.
///
/// Reads hand out parts of the bytes that were written, without copying them. A file's version counts the files that
/// were ever put there.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    files: Arc<Mutex<Files>>,
}

/// Files, and how many were ever put there.
#[derive(Debug, Default)]
struct Files {
    by_location: BTreeMap<Location, StoredFile>,
    put_count: u64,
}

impl Files {
    fn put(&mut self, at: Location, bytes: Bytes) -> FileMeta {
        self.put_count += 1;
        let file = StoredFile { bytes, version: self.put_count, modified: SystemTime::now() };
        let meta = file.meta(at.clone());
        self.by_location.insert(at, file);
        meta
    }
}

#[derive(Clone, Debug)]
struct StoredFile {
    bytes: Bytes,
    version: u64,
    modified: SystemTime,
}

impl StoredFile {
    fn meta(&self, at: Location) -> FileMeta {
        FileMeta::new(at, self.bytes.len() as u64)
            .with_version(self.version.to_string())
            .with_modified(self.modified)
    }
}

impl MemoryStorage {
    /// Puts a file there, in place of one that may be there: a short way for tests.
    pub fn put(&self, at: &Location, bytes: impl Into<Bytes>) {
        self.files().put(at.clone(), bytes.into());
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, at: &Location) -> Result<StoredFile> {
        self.files().by_location.get(at).cloned().ok_or_else(|| missing(at))
    }

    fn slice(&self, at: &Location, range: &Range<u64>) -> Result<Bytes> {
        let bytes = self.get(at)?.bytes;
        let size = bytes.len();
        let slice = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        match slice {
            Some((start, end)) if start <= end && end <= size => Ok(bytes.slice(start..end)),
            _ => Err(Error::new(
                ErrorKind::BadData,
                "The file ends before the bytes that were asked for; it may have been cut off",
            )
            .with_context("location", at)
            .with_context("size", size)
            .with_context("asked", format!("{}..{}", range.start, range.end))),
        }
    }

    /// The next files below `prefix`, after `last`.
    fn list_some(&self, prefix: &Location, last: Option<&Location>) -> Vec<FileMeta> {
        let start = last.map_or(Bound::Included(prefix), Bound::Excluded);
        self.files()
            .by_location
            .range((start, Bound::Unbounded))
            .take_while(|(at, _)| at.is_within(prefix))
            .filter(|(at, _)| *at != prefix)
            .map(|(at, file)| file.meta(at.clone()))
            .take(LIST_CHUNK)
            .collect()
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    fn schemes(&self) -> &[&'static str] {
        &["mem"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        let storage = self.clone();
        let folder = folder.clone();
        let chunks = futures::stream::try_unfold(None, move |last: Option<Location>| {
            let chunk = folder.join("").map(|prefix| storage.list_some(&prefix, last.as_ref()));
            async move {
                let chunk = chunk?;
                let last = chunk.last().map(|file| file.location.clone());
                let chunk = futures::stream::iter(chunk.into_iter().map(Ok));
                Ok(last.map(|last| (chunk, Some(last))))
            }
        });
        chunks.try_flatten().boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        Ok(self.get(at)?.meta(at.clone()))
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.slice(at, &range)
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let mut rest = self.slice(at, &range)?;
        let chunks = std::iter::from_fn(move || {
            let size = rest.len().min(STREAM_CHUNK as usize);
            (size > 0).then(|| Ok(rest.split_to(size)))
        });
        Ok(futures::stream::iter(chunks).boxed())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        check_new_name(at)?;
        if self.files().by_location.contains_key(at) {
            return Err(taken(at));
        }
        Ok(Box::new(MemoryWriter { storage: self.clone(), at: at.clone(), bytes: BytesMut::new() }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        check_new_name(to)?;
        let files = &mut self.files().by_location;
        if !files.contains_key(from) {
            return Err(missing(from));
        }
        if files.contains_key(to) {
            return Err(taken(to));
        }
        if let Some(file) = files.remove(from) {
            files.insert(to.clone(), file);
        }
        Ok(())
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.files().by_location.remove(at);
        Ok(())
    }
}

/// A file being written: nobody sees its bytes before they are put among the others.
#[derive(Debug)]
struct MemoryWriter {
    storage: MemoryStorage,
    at: Location,
    bytes: BytesMut,
}

#[async_trait]
impl FileWriter for MemoryWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        let mut files = self.storage.files();
        if files.by_location.contains_key(&self.at) {
            return Err(taken(&self.at));
        }
        Ok(files.put(self.at.clone(), self.bytes.freeze()))
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn check_new_name(at: &Location) -> Result<()> {
    if at.as_str().ends_with('/') {
        let message = "This is the address of a folder; name a file";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_context("location", at));
    }
    Ok(())
}

fn missing(at: &Location) -> Error {
    Error::new(ErrorKind::NotFound, "There is no such file; correct the address").with_context("location", at)
}

fn taken(at: &Location) -> Error {
    Error::new(ErrorKind::AlreadyExists, "A file is already there; choose another name")
        .with_context("location", at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listing_goes_on_after_its_first_chunk() {
        let storage = MemoryStorage::default();
        let count = 2 * LIST_CHUNK + 1;
        for i in 0..count {
            storage.put(&Location::parse(&format!("mem:///many/{i}")).unwrap(), "x");
        }
        storage.put(&Location::parse("mem:///many0").unwrap(), "x");
        let listed: Vec<_> =
            storage.list(&Location::parse("mem:///many").unwrap()).try_collect().await.unwrap();
        assert_eq!(listed.len(), count);
    }

    #[tokio::test]
    async fn a_read_shares_the_bytes_that_were_written() {
        let storage = MemoryStorage::default();
        let at = Location::parse("mem:///a").unwrap();
        let bytes = Bytes::from(vec![7; 100]);
        storage.put(&at, bytes.clone());
        assert_eq!(storage.read(&at, 10..20).await.unwrap().as_ptr(), bytes[10..].as_ptr());
    }
}
