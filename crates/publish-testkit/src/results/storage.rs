//! Files in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};

/// Files with their versions, and how many were ever put there.
#[derive(Debug, Default)]
struct Files {
    by_location: BTreeMap<Location, (Bytes, u64)>,
    put_count: u64,
}

impl Files {
    fn put(&mut self, at: Location, bytes: Bytes) -> FileMeta {
        self.put_count += 1;
        let meta = file_meta(&at, &bytes, self.put_count);
        self.by_location.insert(at, (bytes, self.put_count));
        meta
    }
}

fn file_meta(at: &Location, bytes: &Bytes, version: u64) -> FileMeta {
    FileMeta::new(at.clone(), bytes.len() as u64).with_version(version.to_string())
}

/// Files in memory, under `mem://` unless said. Clones share them.
#[derive(Clone, Debug)]
pub struct ShelfStorage {
    schemes: [&'static str; 1],
    files: Arc<Mutex<Files>>,
}

impl Default for ShelfStorage {
    fn default() -> Self {
        Self::under("mem")
    }
}

impl ShelfStorage {
    /// Creates a storage that answers for another scheme.
    pub fn under(scheme: &'static str) -> Self {
        Self { schemes: [scheme], files: Arc::default() }
    }

    /// Puts a file in place of one that is there.
    pub fn put(&self, at: Location, bytes: Bytes) {
        self.files().put(at, bytes);
    }

    /// Every address there is.
    pub fn locations(&self) -> Vec<Location> {
        self.files().by_location.keys().cloned().collect()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, at: &Location) -> Result<(Bytes, u64)> {
        self.files().by_location.get(at).cloned().ok_or_else(|| missing(at))
    }

    fn slice(&self, at: &Location, range: &Range<u64>) -> Result<Bytes> {
        let (bytes, _) = self.get(at)?;
        if range.start > range.end || range.end > bytes.len() as u64 {
            return Err(Error::new(ErrorKind::BadData, "The file ends before the bytes that were asked for")
                .with_context("location", at)
                .with_context("size", bytes.len()));
        }
        Ok(bytes.slice(range.start as usize..range.end as usize))
    }
}

#[async_trait]
impl Storage for ShelfStorage {
    fn schemes(&self) -> &[&'static str] {
        &self.schemes
    }

    fn list(&self, folder: &Location) -> FileStream {
        let found: Vec<Result<FileMeta>> = self
            .files()
            .by_location
            .iter()
            .filter(|(at, _)| at.is_within(folder) && *at != folder)
            .map(|(at, (bytes, version))| Ok(file_meta(at, bytes, *version)))
            .collect();
        futures::stream::iter(found).boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        let (bytes, version) = self.get(at)?;
        Ok(file_meta(at, &bytes, version))
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.slice(at, &range)
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let bytes = self.slice(at, &range)?;
        Ok(futures::stream::iter([Ok(bytes)]).boxed())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        check_new_name(at)?;
        if self.files().by_location.contains_key(at) {
            return Err(taken(at));
        }
        Ok(Box::new(ShelfWriter { storage: self.clone(), at: at.clone(), bytes: BytesMut::new() }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        check_new_name(to)?;
        let files = &mut self.files().by_location;
        if files.contains_key(to) {
            return Err(taken(to));
        }
        let file = files.remove(from).ok_or_else(|| missing(from))?;
        files.insert(to.clone(), file);
        Ok(())
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.files().by_location.remove(at);
        Ok(())
    }
}

#[derive(Debug)]
struct ShelfWriter {
    storage: ShelfStorage,
    at: Location,
    bytes: BytesMut,
}

#[async_trait]
impl FileWriter for ShelfWriter {
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
    Error::new(ErrorKind::NotFound, "There is no such file").with_context("location", at)
}

fn taken(at: &Location) -> Error {
    Error::new(ErrorKind::AlreadyExists, "A file is already there").with_context("location", at)
}
