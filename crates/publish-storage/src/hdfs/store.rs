//! The store itself.

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use hdfs_native::Client;
use hdfs_native::client::FileStatus;
use publish_core::{
    ByteStream, Error, ErrorKind, FileMeta, FileStream, FileWriter, Location, Result, Storage,
};

use super::clients::Clients;
use super::config::HdfsConfig;
use super::error::{Call, answered};
use super::list::list_folder;
use super::read::OpenFile;
use super::rename::rename_file;
use super::write::create_file;
use crate::temp_name::is_temp_name;

/// Files on HDFS, under `hdfs://` and `viewfs://`, such as `hdfs://namenode:8020/jobs/7/part-0.avro`.
///
/// - The part after `hdfs://` is a name node with its port, the name of a name service of the configuration files, whose
///   standby takes over when the active one is gone, or a host, whose port is then 8020. Without it, as in
///   `hdfs:///jobs/7`, it is the name node of the settings or `fs.defaultFS`. One store serves any number of them.
/// - A file is written beside its place under a name that no listing tells, and then moved there in one act that
///   replaces nothing. What a killed process leaves are such hidden files, `.publish-<id>.part`.
/// - A file's version is its time of change, in milliseconds, and its size.
/// - Deleting does not go by the trash.
///
/// Clones share their connections. It is used within a tokio runtime.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use publish_core::{Location, Storage};
/// use publish_storage::{HdfsConfig, HdfsStorage};
///
/// # #[tokio::main]
/// # async fn main() -> publish_core::Result<()> {
/// let storage = HdfsStorage::new(HdfsConfig::default().with_user("etl"))?;
/// let folder = Location::parse("hdfs://namenode:8020/jobs/7")?;
/// let files: Vec<_> = storage.list(&folder).try_collect().await?;
/// println!("{} files", files.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct HdfsStorage {
    clients: Clients,
}

impl HdfsStorage {
    /// Creates a store. Nothing is connected before it is asked for something.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the configuration's folder holds no configuration files, or the
    /// name node is not written as one.
    pub fn new(config: HdfsConfig) -> Result<Self> {
        Ok(Self { clients: Clients::new(config.checked()?) })
    }
}

#[async_trait]
impl Storage for HdfsStorage {
    fn schemes(&self) -> &[&'static str] {
        &["hdfs", "viewfs"]
    }

    fn list(&self, folder: &Location) -> FileStream {
        list_folder(&self.clients, folder)
    }

    async fn head(&self, at: &Location) -> Result<FileMeta> {
        let client = self.clients.at(at).await?;
        head_file(&client, at).await
    }

    async fn read(&self, at: &Location, range: Range<u64>) -> Result<Bytes> {
        let client = self.clients.at(at).await?;
        OpenFile::open(&client, at, &range).await?.read_rest().await
    }

    async fn stream(&self, at: &Location, range: Range<u64>) -> Result<ByteStream> {
        let client = self.clients.at(at).await?;
        Ok(OpenFile::open(&client, at, &range).await?.stream_rest())
    }

    async fn create(&self, at: &Location) -> Result<Box<dyn FileWriter>> {
        check_new_name(at)?;
        let client = self.clients.at(at).await?;
        match look(&client, at).await {
            Ok(_) => Err(Error::new(
                ErrorKind::AlreadyExists,
                "A file or folder is already there; choose another name",
            )
            .with_context("location", at)),
            Err(error) if error.kind() == ErrorKind::NotFound => create_file(client, at).await,
            Err(error) => Err(error),
        }
    }

    async fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        check_new_name(to)?;
        let client = self.clients.at(from).await?;
        if (from.scheme(), from.authority()) != (to.scheme(), to.authority()) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "A file can't be moved from one name node to another; choose a folder of the same one",
            )
            .with_context("location", from)
            .with_context("to", to));
        }
        rename_file(&client, from, to).await
    }

    async fn delete(&self, at: &Location) -> Result<()> {
        let client = self.clients.at(at).await?;
        // The name node's own call would delete an empty folder, too.
        match head_file(&client, at).await {
            Ok(_) => delete_path(&client, at, false).await,
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn delete_folder(&self, folder: &Location) -> Result<()> {
        if folder.path() == "/" {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The root can't be deleted; name a folder in it",
            )
            .with_context("location", folder));
        }
        let client = self.clients.at(folder).await?;
        match look(&client, folder).await {
            Ok(found) if found.isdir => delete_path(&client, folder, true).await,
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What is known of a file. A folder is none.
pub(super) async fn head_file(client: &Client, at: &Location) -> Result<FileMeta> {
    let found = look(client, at).await?;
    if found.isdir || at.as_str().ends_with('/') {
        return Err(Error::new(ErrorKind::NotFound, "This is a folder, not a file; name a file in it")
            .with_context("location", at));
    }
    Ok(file_meta(at.clone(), &found))
}

pub(super) fn file_meta(at: Location, found: &FileStatus) -> FileMeta {
    FileMeta::new(at, found.length as u64)
        .with_version(format!("{}-{}", found.modification_time, found.length))
        .with_modified(UNIX_EPOCH + Duration::from_millis(found.modification_time))
}

/// The path as the name node has it: without a `/` at its end.
pub(super) fn path_of(at: &Location) -> &str {
    match at.path() {
        "/" => "/",
        path => path.trim_end_matches('/'),
    }
}

async fn look(client: &Client, at: &Location) -> Result<FileStatus> {
    answered(at, Call::Look, client.get_file_info(path_of(at))).await
}

/// Deletes what is there. To find it gone is no error: somebody else was faster.
pub(super) async fn delete_path(client: &Client, at: &Location, recursive: bool) -> Result<()> {
    match answered(at, Call::Look, client.delete(path_of(at), recursive)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        answer => answer.map(drop),
    }
}

fn check_new_name(at: &Location) -> Result<()> {
    let invalid = |message| Err(Error::new(ErrorKind::InvalidRequest, message).with_context("location", at));
    if at.as_str().ends_with('/') {
        return invalid("This is the address of a folder; name a file");
    }
    if is_temp_name(at.file_name()) {
        return invalid("Such names are kept for files that are being written; choose another");
    }
    Ok(())
}
