//! Where result files live, as the engine sees it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde::Serialize;

use crate::{Error, ErrorKind, Location, Result};

/// A stream of bytes, in order.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A stream of what a store knows of its files.
pub type FileStream = Pin<Box<dyn Stream<Item = Result<FileMeta>> + Send>>;

/// What a store knows of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileMeta {
    /// Where it is.
    pub location: Location,
    /// Its size in bytes.
    pub size: u64,
    /// What changes whenever its bytes do, such as an entity tag or a time of change, where the store has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was written, by the store's own clock, where the store tells.
    #[serde(skip)]
    pub modified: Option<SystemTime>,
}

impl FileMeta {
    /// Creates what is known of a file.
    pub fn new(location: Location, size: u64) -> Self {
        Self { location, size, version: None, modified: None }
    }

    /// Says what changes whenever the file's bytes do.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Says when the file was written.
    #[must_use]
    pub fn with_modified(mut self, modified: impl Into<Option<SystemTime>>) -> Self {
        self.modified = modified.into();
        self
    }
}

/// A place files can be read from and staged to.
///
/// # Contract
/// - A file being written is not visible, under its name or any name that [`list`](Self::list) tells, until
///   [`FileWriter::finish`] returns; a writer that is dropped leaves nothing visible.
/// - [`create`](Self::create) never replaces a file: where one is already there, `create` or `finish` fails with
///   [`AlreadyExists`](ErrorKind::AlreadyExists), and of two writers of one name exactly one finishes.
/// - Deleting a file that is not there succeeds.
/// - [`rename`](Self::rename) has one winner: it never replaces a file or moves into a folder of that name, and the
///   second of two renames of one file fails with [`NotFound`](ErrorKind::NotFound). A store that can't do this in one
///   act, such as S3, answers [`Unsupported`](ErrorKind::Unsupported) and changes nothing.
/// - [`delete_folder`](Self::delete_folder) leaves nothing below the folder, and nothing outside of it is touched.
/// - A read of a range beyond the end of the file fails with [`BadData`](ErrorKind::BadData); it is never cut short.
/// - A missing file is [`NotFound`](ErrorKind::NotFound), a forbidden one
///   [`PermissionDenied`](ErrorKind::PermissionDenied), with the location in the context.
/// - Every method may be called from many tasks at once, and may be dropped at any `.await`.
///
/// The test kit's storage suite checks each rule.
#[async_trait]
pub trait Storage: fmt::Debug + Send + Sync + 'static {
    /// URL schemes this store answers for, such as `["s3", "s3a"]`.
    fn schemes(&self) -> &[&'static str];

    /// Streams every file below `folder`, at any depth, in no set order. A folder that is not there is empty.
    fn list(&self, folder: &Location) -> FileStream;

    /// Reads what is known of a file.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is none, also where `at` is a folder.
    async fn head(&self, at: &Location) -> Result<FileMeta>;

    /// Reads the bytes of `range`, all of them.
    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes>;

    /// Streams the bytes from `range.start` up to `range.end`, with back-pressure.
    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream>;

    /// Starts writing a new file.
    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>>;

    /// Moves a file to a name that is free, in one act.
    async fn rename(&self, from: &Location, to: &Location) -> Result<()>;

    /// Deletes a file. A file that is not there is not an error.
    async fn delete(&self, at: &Location) -> Result<()>;

    /// Deletes a folder with everything below it. One that is not there is not an error, and neither is one that is
    /// deleted by somebody else meanwhile.
    ///
    /// Deletes file by file unless overridden: stores that know folders, or that delete many files in one call, do
    /// better.
    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        let mut listed = self.list(folder);
        while let Some(file) = listed.next().await {
            self.delete(&file?.location).await?;
        }
        Ok(())
    }
}

/// A file being written. Dropping it throws away what was written.
#[async_trait]
pub trait FileWriter: fmt::Debug + Send {
    /// Appends bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Makes the file visible, whole and durable.
    async fn finish(self: Box<Self>) -> Result<FileMeta>;

    /// Throws away what was written, and tells if that failed.
    async fn abort(self: Box<Self>) -> Result<()>;
}

/// The storages of a host, found by scheme.
#[derive(Clone, Debug, Default)]
pub struct Storages(BTreeMap<&'static str, Arc<dyn Storage>>);

impl Storages {
    /// Adds a storage under each of its schemes, in place of one that was there.
    #[must_use]
    pub fn with(mut self, storage: &Arc<dyn Storage>) -> Self {
        for scheme in storage.schemes() {
            self.0.insert(scheme, Arc::clone(storage));
        }
        self
    }

    /// The same schemes, each storage replaced by what `wrap` makes of it.
    #[must_use]
    pub fn map(&self, wrap: impl Fn(&Arc<dyn Storage>) -> Arc<dyn Storage>) -> Self {
        Self(self.0.iter().map(|(scheme, storage)| (*scheme, wrap(storage))).collect())
    }

    /// The storage that answers for `location`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the schemes there are.
    pub fn at(&self, location: &Location) -> Result<&Arc<dyn Storage>> {
        self.0.get(location.scheme()).ok_or_else(|| {
            let known = self.0.keys().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", ");
            Error::new(
                ErrorKind::Unsupported,
                "No storage answers for this address; use one of the known schemes",
            )
            .with_context("location", location)
            .with_context("known", known)
        })
    }
}
