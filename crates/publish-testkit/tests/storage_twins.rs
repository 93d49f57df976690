//! Every rule of the storage suite fails on a storage that breaks just that rule.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};
use publish_testkit::results::ShelfStorage;
use publish_testkit::{Checked, storage as rules};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a storage does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
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
}

#[derive(Clone, Debug)]
struct Broken {
    shelf: ShelfStorage,
    defect: Defect,
    threads: Arc<Semaphore>,
}

impl Broken {
    fn new(defect: Defect) -> Self {
        Self { shelf: ShelfStorage::default(), defect, threads: Arc::new(Semaphore::new(8)) }
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
        let listed =
            listed.map(move |file| Ok(FileMeta::new(file.location, file.size + u64::from(wrong_size))));
        futures::stream::iter(listed.collect::<Vec<_>>()).boxed()
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        if self.has(Defect::FoldersAreFiles) && self.list(at).count().await > 0 {
            return Ok(FileMeta::new(at.clone(), 0));
        }
        self.changed(self.shelf.head(&self.named(at)).await)
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
        if self.has(Defect::RenameReplaces) {
            self.shelf.delete(&to).await?;
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
        Ok(file)
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

type Check = for<'a> fn(&'a dyn Storage, &'a Location) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! twins {
    ($($rule:ident: $($defect:ident),+;)+) => {
        /// Each rule by its name, with the defects that it must notice.
        fn twins() -> Vec<(&'static str, Check, Vec<Defect>)> {
            vec![$((
                stringify!($rule),
                |storage, scratch| Box::pin(rules::$rule(storage, scratch)),
                vec![$(Defect::$defect),+],
            )),+]
        }
    };
}

twins! {
    a_file_holds_what_was_written: SwapsChunks, TellsAnotherSize;
    a_file_is_invisible_until_finished: ShowsWhileWriting, ShowsTempNames;
    a_dropped_writer_leaves_nothing: KeepsDropped;
    an_aborted_writer_leaves_nothing: KeepsAborted;
    a_writer_never_replaces: ReplacesOnFinish;
    of_two_writers_one_finishes: ReplacesOnFinish, LooksOnlyBeforeWriting;
    writers_work_side_by_side: MixesNeighbours;
    a_range_is_read_exactly: ReadsOneOff;
    a_range_beyond_the_end_is_an_error: CutsShort;
    a_stream_gives_its_range_in_order: LosesTheLastByteOfStreams;
    idle_streams_hold_up_nobody: HoldsAThreadForEachStream;
    a_missing_file_is_told_with_its_location: TellsNoLocation, MissingIsUnexpected;
    a_folder_is_not_a_file: FoldersAreFiles;
    a_listing_goes_to_any_depth_and_no_further: ListsOneLevel, ListsNeighbours;
    a_listing_tells_sizes_and_addresses_that_can_be_read: ListsWrongSizes;
    a_folder_that_is_not_there_is_empty: ListsEmptyAsMissing;
    a_name_is_taken_as_it_is_written: DecodesNames;
    a_rename_moves_the_file: RenameCopies;
    a_rename_never_replaces: RenameReplaces;
    a_rename_has_one_winner: RenameCopies;
    deleting_removes_the_file: DeletesNothing;
    deleting_what_is_not_there_succeeds: DeletesFolders, DeletingTheMissingFails;
}

#[tokio::test(start_paused = true)]
async fn each_rule_fails_on_a_storage_that_breaks_it() {
    let scratch = Location::parse("mem:///scratch").unwrap();
    for (name, check, defects) in twins() {
        for defect in defects {
            let seen = check(&Broken::new(defect), &scratch).await;
            let violation = seen.expect_err(&format!("{name} holds with {defect:?}"));
            assert_eq!(violation.rule(), name);
            let all = rules::check_all(&Broken::new(defect), &scratch).await;
            assert!(all.is_err(), "check_all passes {defect:?}");
        }
    }
}

#[tokio::test]
async fn a_storage_in_memory_keeps_each_rule() {
    let scratch = Location::parse("mem:///scratch").unwrap();
    for (name, check, _) in twins() {
        check(&ShelfStorage::default(), &scratch).await.unwrap_or_else(|seen| panic!("{name}: {seen}"));
    }
}
