//! A storage that breaks one rule at a time.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};
use publish_testkit::results::ShelfStorage;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a storage does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Defect {
    SwapsChunks,
    TellsAnotherSize,
    ShowsWhileWriting,
    ShowsTempNames,
    KeepsDropped,
    KeepsAborted,
    ReplacesOnFinish,
    LooksOnlyBeforeWriting,
    MixesNeighbours,
    ReadsOneOff,
    CutsShort,
    LosesTheLastByteOfStreams,
    HoldsAThreadForEachStream,
    TellsNoLocation,
    MissingIsUnexpected,
    FoldersAreFiles,
    ListsOneLevel,
    ListsNeighbours,
    ListsEmptyAsMissing,
    ListsWrongSizes,
    DecodesNames,
    RenameCopies,
    RenameReplaces,
    DeletesNothing,
    DeletesFolders,
    DeletingTheMissingFails,
    SharesACursor,
    VersionStays,
    FinishTellsAnotherVersion,
    RenameIsUnsupportedButCopies,
    RenameMovesIntoFolders,
    RenameTakesAFolderAddress,
    DeleteFolderLeavesHidden,
    DeleteFolderLeavesDeep,
    DeleteFolderTakesNeighbours,
    DeleteFolderTakesFiles,
    DeletingTheMissingFolderFails,
}

#[derive(Clone, Debug)]
pub(crate) struct Broken {
    shelf: ShelfStorage,
    defect: Defect,
    threads: Arc<Semaphore>,
    cursor: Arc<AtomicU64>,
}

impl Broken {
    pub(crate) fn new(defect: Defect) -> Self {
        let threads = Arc::new(Semaphore::new(8));
        Self { shelf: ShelfStorage::default(), defect, threads, cursor: Arc::default() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn named(&self, at: &Location) -> Location {
        if !self.has(Defect::DecodesNames) {
            return at.clone();
        }
        Location::parse(&at.as_str().replace("%20", " ")).unwrap()
    }

    fn changed<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match self.defect {
            Defect::TellsNoLocation => Error::new(error.kind(), error.message()),
            Defect::MissingIsUnexpected if error.kind() == ErrorKind::NotFound => {
                let at = error.context()[0].1.clone();
                Error::new(ErrorKind::Unexpected, error.message()).with_context("location", at)
            }
            _ => error,
        })
    }

    fn versioned(&self, file: FileMeta) -> FileMeta {
        if self.has(Defect::VersionStays) { file.with_version("1") } else { file }
    }

    /// Where a rename really goes.
    fn renamed_to(&self, to: Location) -> Result<Location> {
        let is_folder = !at_once(self.shelf.list(&to).try_collect::<Vec<_>>()).is_empty();
        match self.defect {
            Defect::RenameMovesIntoFolders if is_folder && !to.as_str().ends_with('/') => to.join("moved"),
            Defect::RenameTakesAFolderAddress => Location::parse(to.as_str().trim_end_matches('/')),
            _ => Ok(to),
        }
    }

    async fn clamped(&self, at: &Location, range: Range<u64>) -> Range<u64> {
        match self.shelf.head(at).await {
            Ok(file) if self.has(Defect::CutsShort) => range.start.min(file.size)..range.end.min(file.size),
            _ => range,
        }
    }
}

#[async_trait]
impl Storage for Broken {
    fn schemes(&self) -> &[&'static str] {
        &["mem"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        let folder = folder.clone();
        let prefix = folder.as_str().trim_end_matches('/').to_owned();
        let listed: Vec<FileMeta> = match self.defect {
            Defect::ListsNeighbours => {
                let root = Location::parse("mem:///").unwrap();
                let all = self.shelf.list(&root).try_collect::<Vec<_>>();
                let all = at_once(all);
                all.into_iter().filter(|file| file.location.as_str().starts_with(&prefix)).collect()
            }
            _ => at_once(self.shelf.list(&folder).try_collect()),
        };
        if self.has(Defect::ListsEmptyAsMissing) && listed.is_empty() {
            let error = Error::new(ErrorKind::NotFound, "There is no such folder");
            return futures::stream::iter([Err(error)]).boxed();
        }
        let one_level = self.has(Defect::ListsOneLevel);
        let wrong_size = self.has(Defect::ListsWrongSizes);
        let listed = listed
            .into_iter()
            .filter(move |file| !one_level || !file.location.as_str()[prefix.len() + 1..].contains('/'));
        let this = self.clone();
        let listed = listed.map(move |mut file| {
            file.size += u64::from(wrong_size);
            Ok(this.versioned(file))
        });
        futures::stream::iter(listed.collect::<Vec<_>>()).boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        if self.has(Defect::FoldersAreFiles) && self.list(at).count().await > 0 {
            return Ok(FileMeta::new(at.clone(), 0));
        }
        let file = self.changed(self.shelf.head(&self.named(at)).await)?;
        Ok(self.versioned(file))
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        let at = self.named(at);
        let range = self.clamped(&at, range).await;
        let range = match self.defect {
            Defect::ReadsOneOff if range.start > 0 && range.end > range.start => {
                range.start - 1..range.end - 1
            }
            _ => range,
        };
        if self.has(Defect::SharesACursor) {
            self.cursor.store(range.start, Ordering::Relaxed);
            tokio::task::yield_now().await;
            let start = self.cursor.load(Ordering::Relaxed);
            return self.changed(self.shelf.read(&at, start..start + (range.end - range.start)).await);
        }
        self.changed(self.shelf.read(&at, range).await)
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let at = self.named(at);
        let mut range = self.clamped(&at, range).await;
        if self.has(Defect::LosesTheLastByteOfStreams) && range.start < range.end {
            range.end -= 1;
        }
        let stream = self.changed(self.shelf.stream(&at, range).await)?;
        if !self.has(Defect::HoldsAThreadForEachStream) {
            return Ok(stream);
        }
        let thread: OwnedSemaphorePermit = Arc::clone(&self.threads).acquire_owned().await.unwrap();
        Ok(stream.inspect(move |_| assert_eq!(thread.num_permits(), 1)).boxed())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        let at = self.named(at);
        let replaces = self.has(Defect::ReplacesOnFinish);
        if !replaces && self.shelf.locations().contains(&at) {
            return Err(Error::new(ErrorKind::AlreadyExists, "A file is already there"));
        }
        Ok(Box::new(BrokenWriter { storage: self.clone(), at, chunks: Vec::new(), keeps: true }))
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        let (from, to) = (self.named(from), self.named(to));
        let to = self.renamed_to(to)?;
        if self.has(Defect::RenameReplaces) {
            self.shelf.delete(&to).await?;
        }
        if self.has(Defect::RenameIsUnsupportedButCopies) {
            let size = self.shelf.head(&from).await?.size;
            self.shelf.put(to, self.shelf.read(&from, 0..size).await?);
            return Err(Error::new(ErrorKind::Unsupported, "This store can't rename"));
        }
        if self.has(Defect::RenameCopies) && !self.shelf.locations().contains(&to) {
            let size = self.shelf.head(&from).await?.size;
            self.shelf.put(to.clone(), self.shelf.read(&from, 0..size).await?);
            return Ok(());
        }
        self.changed(self.shelf.rename(&from, &to).await)
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        let at = self.named(at);
        match self.defect {
            Defect::DeletesNothing => return Ok(()),
            Defect::DeletingTheMissingFails => drop(self.shelf.head(&at).await?),
            Defect::DeletesFolders => {
                for file in self.shelf.list(&at).try_collect::<Vec<_>>().await? {
                    self.shelf.delete(&file.location).await?;
                }
            }
            _ => {}
        }
        self.shelf.delete(&at).await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        let folder = self.named(folder);
        let prefix = folder.as_str().trim_end_matches('/').to_owned();
        let below: Vec<_> = at_once(self.shelf.list(&folder).try_collect::<Vec<_>>());
        if below.is_empty() && self.has(Defect::DeletingTheMissingFolderFails) {
            return Err(Error::new(ErrorKind::NotFound, "There is no such folder"));
        }
        if self.has(Defect::DeleteFolderTakesFiles) {
            self.shelf.delete(&folder).await?;
        }
        for at in self.shelf.locations() {
            let is_below = at.is_within(&folder) && at != folder;
            let takes = match self.defect {
                Defect::DeleteFolderTakesNeighbours => at != folder && at.as_str().starts_with(&prefix),
                Defect::DeleteFolderLeavesHidden => is_below && !at.file_name().starts_with('_'),
                Defect::DeleteFolderLeavesDeep => is_below && !at.as_str()[prefix.len() + 1..].contains('/'),
                _ => is_below,
            };
            if takes {
                self.shelf.delete(&at).await?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct BrokenWriter {
    storage: Broken,
    at: Location,
    chunks: Vec<Bytes>,
    keeps: bool,
}

impl BrokenWriter {
    fn show(&self, at: Location) {
        self.storage.shelf.put(at, self.chunks.concat().into());
    }
}

#[async_trait]
impl FileWriter for BrokenWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.chunks.push(bytes);
        match self.storage.defect {
            Defect::ShowsWhileWriting => self.show(self.at.clone()),
            Defect::ShowsTempNames => self.show(Location::parse(&format!("{}.part", self.at))?),
            _ => {}
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<FileMeta> {
        self.keeps = false;
        let free = matches!(
            self.storage.defect,
            Defect::ReplacesOnFinish | Defect::LooksOnlyBeforeWriting | Defect::ShowsWhileWriting
        );
        if self.storage.has(Defect::SwapsChunks) && self.chunks.len() > 1 {
            self.chunks.swap(0, 1);
            self.chunks.reverse();
        }
        if self.storage.has(Defect::MixesNeighbours) && self.at.file_name() == "file-7" {
            self.chunks = vec![Bytes::from(vec![8; 10_007])];
        }
        if self.storage.has(Defect::ShowsTempNames) {
            self.storage.shelf.delete(&Location::parse(&format!("{}.part", self.at))?).await?;
        }
        if !free && self.storage.shelf.locations().contains(&self.at) {
            return Err(Error::new(ErrorKind::AlreadyExists, "A file is already there"));
        }
        self.show(self.at.clone());
        let mut file = self.storage.shelf.head(&self.at).await?;
        file.size += u64::from(self.storage.has(Defect::TellsAnotherSize));
        if self.storage.has(Defect::FinishTellsAnotherVersion) {
            return Ok(file.with_version("unfinished"));
        }
        Ok(self.storage.versioned(file))
    }

    async fn abort(mut self: Box<Self>) -> Result<()> {
        self.keeps = false;
        if self.storage.has(Defect::KeepsAborted) {
            self.show(self.at.clone());
        }
        Ok(())
    }
}

impl Drop for BrokenWriter {
    fn drop(&mut self) {
        if self.keeps && self.storage.has(Defect::KeepsDropped) {
            self.show(self.at.clone());
        }
    }
}

/// What a future gives that never waits.
fn at_once<T>(future: impl Future<Output = Result<T>>) -> T {
    future.now_or_never().unwrap().unwrap()
}

/// A storage that can't move a file in one act, and says so.
#[derive(Debug, Default)]
pub(crate) struct NoRenames(ShelfStorage);

#[async_trait]
impl Storage for NoRenames {
    fn schemes(&self) -> &[&'static str] {
        self.0.schemes()
    }

    fn list(&self, folder: &Location) -> FileStream {
        self.0.list(folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.0.head(at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.0.read(at, range).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        self.0.stream(at, range).await
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        self.0.create(at).await
    }

    async fn rename(&self, from: &Location, _: &Location) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "This store can't rename").with_context("location", from))
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.0.delete(at).await
    }
}
