//! The store itself.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};

use super::clients::Clients;
use super::config::S3Config;
use super::delete::{delete_file, delete_folder};
use super::list::list_folder;
use super::place::Place;
use super::read::{Reader, head_file};
use super::write::{S3Writer, taken};

/// Objects of Amazon S3, and of what speaks its protocol, under `s3://bucket/key`; `s3a://` and `s3n://`, as Hadoop
/// writes them, mean the same.
///
/// - A folder is what keys start with, up to a `/`. Objects without bytes whose keys end with `/` stand for folders and
///   are not listed. An object whose key no address can name, such as `a//b`, ends a listing with an error.
/// - A file is put in one request, or as a multipart upload whose last request makes it visible; both only if there is
///   none of its name (`If-None-Match: *`), which the service must support. The bytes are checked by CRC32 on arrival.
///   When an answer is lost, the writer's id in the object's metadata tells whether the file is ours.
/// - A read that breaks off goes on where it was, if the file is still the same (`If-Match`).
/// - A file's version is its entity tag.
/// - There is no rename: S3 would copy and delete, which is not one act.
/// - Uploads of killed processes are never seen, but cost what their parts take. [`delete_folder`](Storage::delete_folder)
///   throws away those below the folder; for others give the bucket a lifecycle rule with
///   `AbortIncompleteMultipartUpload`.
/// - A bucket of another region than the settings' is found by itself.
///
/// Clones share their connections. It is used within a tokio runtime.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use publish_core::{Location, Storage};
/// use publish_storage::{S3Config, S3Storage};
///
/// # #[tokio::main]
/// # async fn main() -> publish_core::Result<()> {
/// let storage = S3Storage::new(S3Config::default().with_region("eu-central-1"))?;
/// let folder = Location::parse("s3://results/jobs/7")?;
/// let files: Vec<_> = storage.list(&folder).try_collect().await?;
/// println!("{} files", files.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct S3Storage {
    clients: Arc<Clients>,
}

impl S3Storage {
    /// Creates a store. Nothing is read or connected before it is asked for something.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the settings contradict each other.
    pub fn new(config: S3Config) -> Result<Self> {
        Ok(Self { clients: Arc::new(Clients::new(config.checked()?)) })
    }
}

#[async_trait]
impl Storage for S3Storage {
    fn schemes(&self) -> &[&'static str] {
        &["s3", "s3a", "s3n"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        list_folder(Arc::clone(&self.clients), folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        head_file(&self.clients, &Place::of_file(at, ErrorKind::NotFound)?).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        let place = Place::of_file(at, ErrorKind::NotFound)?;
        Reader::open(Arc::clone(&self.clients), place, range).await?.read_rest().await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let place = Place::of_file(at, ErrorKind::NotFound)?;
        Ok(Reader::open(Arc::clone(&self.clients), place, range).await?.stream_rest())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        let place = Place::of_file(at, ErrorKind::InvalidRequest)?;
        // The last request would find it out, too, but after all the bytes.
        match head_file(&self.clients, &place).await {
            Ok(_) => Err(taken(at)),
            // Keys that may write and not read are told that even of files that are not there.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                Ok(Box::new(S3Writer::new(Arc::clone(&self.clients), place)))
            }
            Err(error) => Err(error),
        }
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "S3 can't rename a file in one act; write it under its final name",
        )
        .with_context("location", from)
        .with_context("to", to))
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        let place = Place::of(at)?;
        if place.key.is_empty() || place.key.ends_with('/') {
            return Ok(());
        }
        delete_file(&self.clients, &place).await
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        delete_folder(&self.clients, &Place::of(folder)?).await
    }
}
