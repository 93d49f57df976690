//! The store itself: each call is one trip to the blocking pool.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use publish_core::{ByteStream, FileMeta, FileStream, FileWriter, Location, Result, Storage};

use super::error::{file_error, stopped};
use super::list::list_folder;
use super::read::{OpenFile, head_file, stream_file};
use super::rename::{move_without_replacing, sync_folder, sync_folders};
use super::scope::{Scope, is_absent};
use super::write::{Place, TempFile};

/// Files on the disks of this machine, under `file://`, such as `file:///data/jobs/7/part-0.avro`.
///
/// - Links to files and folders are followed. A link that leads back to a folder above it is passed over: what it
///   leads to is listed there already.
/// - A file is written beside its place under a name that no listing tells, and then moved there in one act that
///   replaces nothing. What a killed process leaves are such hidden files, `.publish-<id>.part`.
/// - Folders that are missing are made; folders that become empty by deleting or moving their files stay.
/// - Pipes, sockets and devices are not files.
/// - A file's version is its time of change and its number on the disk.
///
/// ```
/// use futures::TryStreamExt;
/// use publish_core::{Location, Storage};
/// use publish_storage::FileStorage;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// std::fs::create_dir(folder.path().join("jobs"))?;
/// std::fs::write(folder.path().join("jobs/part-0.csv"), "id\n1\n")?;
///
/// let storage = FileStorage::default();
/// let root = Location::parse(&format!("file://{}", folder.path().display()))?;
/// let files: Vec<_> = storage.list(&root).try_collect().await?;
/// assert_eq!(files[0].location, root.join("jobs/part-0.csv")?);
/// assert_eq!(files[0].size, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct FileStorage {
    scope: Scope,
}

impl FileStorage {
    /// A store that refuses every address outside of `folder`, also one that leads outside through links.
    ///
    /// For a server that is handed addresses by strangers. It is no defence against somebody who may change links
    /// in the folder while a call runs.
    ///
    /// # Errors
    /// If the folder is not there or cannot be read.
    pub fn within(folder: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { scope: Scope::within(folder.as_ref())? })
    }

    /// Runs `work` on the blocking pool.
    async fn run<T: Send + 'static>(
        &self,
        at: &Location,
        work: impl FnOnce(&Scope, &Location) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (scope, at) = (self.scope.clone(), at.clone());
        tokio::task::spawn_blocking(move || work(&scope, &at)).await.map_err(stopped)?
    }
}

#[async_trait]
impl Storage for FileStorage {
    fn schemes(&self) -> &[&'static str] {
        &["file"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        list_folder(&self.scope, folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        self.run(at, |scope, at| head_file(&scope.path(at)?, at)).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        self.run(at, move |scope, at| OpenFile::open(scope, at, &range)?.read_rest()).await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let (file, first) = self
            .run(at, move |scope, at| {
                let mut file = OpenFile::open(scope, at, &range)?;
                let first = file.read_chunk()?;
                Ok((file, first))
            })
            .await?;
        Ok(stream_file(file, first))
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        let file = self.run(at, TempFile::create).await?;
        Ok(file.into_writer())
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        let to = to.clone();
        self.run(from, move |scope, from| {
            let source = scope.path(from)?;
            head_file(&source, from)?;
            let place = Place::make_room(scope, &to)?;
            move_without_replacing(&source, &place.path).map_err(|error| {
                let at = if error.kind() == io::ErrorKind::AlreadyExists { &to } else { from };
                file_error(error, at)
            })?;
            sync_folders(&place.path, &place.top).map_err(|error| file_error(error, &to))?;
            sync_folder(&source).map_err(|error| file_error(error, from))
        })
        .await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        self.run(at, |scope, at| {
            let path = scope.path(at)?;
            match fs::remove_file(&path) {
                Err(error) if is_absent(&error) || path.is_dir() => Ok(()),
                result => result.map_err(|error| file_error(error, at)),
            }
        })
        .await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        self.run(folder, |scope, at| {
            // A link to a folder is removed, and what it leads to is left alone.
            let path = scope.path(at)?;
            match fs::remove_dir_all(&path) {
                Err(error) if is_absent(&error) || path.is_file() => Ok(()),
                result => result.map_err(|error| file_error(error, at)),
            }
        })
        .await
    }
}
