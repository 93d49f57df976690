//! The bytes of a file for decoders that block: read ahead by a little, in order.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use publish_core::{Error, ErrorKind, Location, Result, Storage};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Chunks that may wait for the decoder, besides the one it reads.
const WAITING_CHUNKS: usize = 2;

/// What the pump tells: bytes, how the stream broke, or that this is all.
enum Told {
    Bytes(Bytes),
    Failed(Error),
    End,
}

/// A range of a file as blocking [`Read`].
///
/// The storage is read by a task of its own, a few chunks ahead at most. Errors of the storage come as
/// [`io::Error`]s that [`from_io`] turns back.
pub(crate) struct FileBytes {
    chunk: Bytes,
    told: mpsc::Receiver<Told>,
    is_at_end: bool,
}

/// Keeps the reading of a [`FileBytes`] going. Dropping it stops the reading, so that a decoder that waits ends.
#[derive(Debug)]
pub(crate) struct Pump(JoinHandle<()>);

impl FileBytes {
    /// Starts to read `range`. Must be called within a tokio runtime.
    pub(crate) fn start(storage: &Arc<dyn Storage>, at: &Location, range: Range<u64>) -> (Self, Pump) {
        let (sender, told) = mpsc::channel(WAITING_CHUNKS);
        let (storage, at) = (Arc::clone(storage), at.clone());
        let pump = tokio::spawn(async move {
            let last = match pump(storage.as_ref(), &at, range, &sender).await {
                Ok(()) => Told::End,
                Err(error) => Told::Failed(error),
            };
            // The receiver is gone only when nobody waits for the bytes any more.
            let _ = sender.send(last).await;
        });
        (Self { chunk: Bytes::new(), told, is_at_end: false }, Pump(pump))
    }
}

impl Read for FileBytes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !self.is_at_end {
            match self.told.blocking_recv() {
                Some(Told::Bytes(bytes)) => self.chunk = bytes,
                Some(Told::Failed(error)) => return Err(io::Error::other(error)),
                Some(Told::End) => self.is_at_end = true,
                None => return Err(io::Error::other(stopped())),
            }
        }
        let count = into.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut into[..count]);
        Ok(count)
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `work` on the blocking pool over a range of a file. Dropping the future stops the reading, and so the work.
pub(crate) async fn read_blocking<T: Send + 'static>(
    storage: &Arc<dyn Storage>,
    at: &Location,
    range: Range<u64>,
    work: impl FnOnce(FileBytes) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (bytes, _pump) = FileBytes::start(storage, at, range);
    tokio::task::spawn_blocking(move || work(bytes)).await.map_err(|error| {
        Error::new(ErrorKind::Unexpected, "Reading a file stopped unexpectedly")
            .with_context("location", at)
            .with_source(error)
    })?
}

/// The error inside an [`io::Error`]: the storage's own where there is one, else that the bytes are damaged.
pub(crate) fn from_io(error: io::Error, damaged: &str) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::new(ErrorKind::BadData, damaged).with_source(error),
    }
}

async fn pump(
    storage: &dyn Storage,
    at: &Location,
    range: Range<u64>,
    sender: &mpsc::Sender<Told>,
) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let mut chunks = storage.stream(at, range).await?;
    while let Some(chunk) = chunks.next().await {
        if sender.send(Told::Bytes(chunk?)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "Nobody waits for the file any more")
}

#[cfg(test)]
mod tests {
    use publish_testkit::results::ShelfStorage;

    use super::*;

    fn shelf(bytes: &'static [u8]) -> (Arc<dyn Storage>, Location) {
        let (shelf, at) = (ShelfStorage::default(), Location::parse("mem:///f").unwrap());
        shelf.put(at.clone(), Bytes::from_static(bytes));
        (Arc::new(shelf), at)
    }

    fn all(mut bytes: FileBytes) -> Result<Vec<u8>> {
        let mut read = Vec::new();
        bytes.read_to_end(&mut read).map_err(|error| from_io(error, "damaged"))?;
        Ok(read)
    }

    #[tokio::test]
    async fn a_range_is_read_whole() {
        let (storage, at) = shelf(b"0123456789");
        assert_eq!(read_blocking(&storage, &at, 2..7, all).await.unwrap(), b"23456");
        assert_eq!(read_blocking(&storage, &at, 3..3, all).await.unwrap(), b"");
    }

    #[tokio::test]
    async fn an_error_of_the_storage_comes_through_as_it_is() {
        let (storage, at) = shelf(b"0123456789");
        let error = read_blocking(&storage, &at, 2..70, all).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert_eq!(error.context()[0], ("location", at.to_string()));
    }

    #[tokio::test]
    async fn a_stopped_pump_is_not_taken_for_the_end_of_the_file() {
        let (sender, told) = mpsc::channel(1);
        sender.send(Told::Bytes(Bytes::from_static(b"half"))).await.unwrap();
        drop(sender);
        let bytes = FileBytes { chunk: Bytes::new(), told, is_at_end: false };
        let error = tokio::task::spawn_blocking(move || all(bytes)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}
