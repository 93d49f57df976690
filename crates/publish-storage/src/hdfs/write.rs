//! Writing a file beside its place, and moving it there when it is whole.
//!
//! Each file is written by a task of its own, which ends with its writer: a call of the client that is dropped half-way
//! would leave a file that nobody removes, and a connection to a data node that is kept alive for ever.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hdfs_native::file::FileWriter as OpenFile;
use hdfs_native::{Client, WriteOptions};
use publish_core::{Error, ErrorKind, FileMeta, FileWriter, Location, Result};
use tokio::sync::{mpsc, oneshot};

use super::error::{Call, hdfs_error, in_time};
use super::rename::rename_own_file;
use super::store::{delete_path, head_file, path_of};
use crate::temp_name::temp_name;

/// How long a file that was thrown away may take to say goodbye to its data nodes.
const CLOSING_TIME: Duration = Duration::from_secs(10);

/// Starts the file that is to become `at`. Folders that are missing are made.
pub(super) async fn create_file(client: Client, at: &Location) -> Result<Box<dyn FileWriter>> {
    let folder = at.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let temp = Location::parse(&format!("{folder}/{}", temp_name()))?;
    let (orders, inbox) = mpsc::channel(1);
    let (started, start) = oneshot::channel();
    tokio::spawn(TempFile { client, temp, at: at.clone() }.write(inbox, started));
    start.await.map_err(|_| given_up(at))??;
    Ok(Box::new(HdfsWriter { at: at.clone(), orders }))
}

/// What a writer tells the task that writes its file, each with where to answer.
#[derive(Debug)]
enum Order {
    Write(Bytes, oneshot::Sender<Result<()>>),
    Finish(oneshot::Sender<Result<FileMeta>>),
    Abort(oneshot::Sender<Result<()>>),
}

#[derive(Debug)]
struct HdfsWriter {
    at: Location,
    orders: mpsc::Sender<Order>,
}

impl HdfsWriter {
    /// Gives an order and waits for its answer, `None` if the file was given up before.
    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<Result<T>>) -> Order) -> Option<Result<T>> {
        let (done, answer) = oneshot::channel();
        self.orders.send(order(done)).await.ok()?;
        answer.await.ok()
    }
}

#[async_trait]
impl FileWriter for HdfsWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.order(|done| Order::Write(bytes, done)).await.unwrap_or_else(|| Err(given_up(&self.at)))
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        self.order(Order::Finish).await.unwrap_or_else(|| Err(given_up(&self.at)))
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        // A file that was given up was thrown away then.
        self.order(Order::Abort).await.unwrap_or(Ok(()))
    }
}

/// A file being written, under a name that no listing tells.
struct TempFile {
    client: Client,
    temp: Location,
    at: Location,
}

impl TempFile {
    /// Carries out the orders of one writer, to the end of the file or of the writer.
    async fn write(self, mut inbox: mpsc::Receiver<Order>, started: oneshot::Sender<Result<()>>) {
        let options = WriteOptions::default();
        let mut file = match in_time(self.client.create(path_of(&self.temp), options)).await {
            Ok(file) => file,
            Err(error) => {
                // It may have been made although the answer was lost.
                let _ = self.remove().await;
                let _ = started.send(Err(self.error(error)));
                return;
            }
        };
        let is_wanted = started.send(Ok(())).is_ok();
        let mut size = 0;
        while is_wanted && let Some(order) = inbox.recv().await {
            match order {
                Order::Write(bytes, done) => {
                    let count = bytes.len() as u64;
                    let written = Box::pin(file.write_bytes(bytes)).await.map_err(|error| self.error(error));
                    size += count;
                    let is_broken = written.is_err();
                    // Nobody knows whether a write that was not waited for is part of the file.
                    if done.send(written.map(drop)).is_err() || is_broken {
                        break;
                    }
                }
                Order::Finish(done) => {
                    let finished = Box::pin(self.finish(file, size, &done)).await;
                    let _ = done.send(finished);
                    return;
                }
                Order::Abort(done) => {
                    let _ = done.send(Box::pin(self.throw_away(file)).await);
                    return;
                }
            }
        }
        // There is nobody to tell: what is left is never listed.
        let _ = Box::pin(self.throw_away(file)).await;
    }

    /// Makes the file durable and moves it to its place.
    async fn finish(
        &self,
        mut file: OpenFile,
        size: u64,
        done: &oneshot::Sender<Result<FileMeta>>,
    ) -> Result<FileMeta> {
        let finished = async {
            // The last packet of each block asks its data nodes to bring the block to their disks.
            Box::pin(file.close()).await.map_err(|error| self.error(error))?;
            let meta = head_file(&self.client, &self.temp).await?;
            if meta.size != size {
                return Err(Error::new(
                    ErrorKind::Unexpected,
                    "HDFS holds other bytes than were written; publish again",
                )
                .with_context("location", &self.at)
                .with_context("written", size)
                .with_context("held", meta.size));
            }
            if done.is_closed() {
                return Err(given_up(&self.at));
            }
            rename_own_file(&self.client, &self.temp, &self.at).await?;
            let moved = FileMeta::new(self.at.clone(), size).with_modified(meta.modified);
            Ok(match meta.version {
                Some(version) => moved.with_version(version),
                None => moved,
            })
        };
        let finished = finished.await;
        if finished.is_err() {
            let _ = self.remove().await;
        }
        finished
    }

    /// Removes the file, and then lets go of its data nodes.
    async fn throw_away(&self, mut file: OpenFile) -> Result<()> {
        let removed = self.remove().await;
        // It fails, since the file is gone, but ends what the client does for it.
        let _ = tokio::time::timeout(CLOSING_TIME, Box::pin(file.close())).await;
        removed
    }

    async fn remove(&self) -> Result<()> {
        delete_path(&self.client, &self.temp, false).await
    }

    /// A file that is not finished is not seen, so that what failed may be done again.
    fn error(&self, error: hdfs_native::HdfsError) -> Error {
        hdfs_error(error, &self.at, Call::Look)
    }
}

fn given_up(at: &Location) -> Error {
    Error::new(ErrorKind::Unexpected, "An earlier write failed or was given up; start the file again")
        .with_context("location", at)
}
