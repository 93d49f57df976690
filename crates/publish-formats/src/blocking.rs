//! Runs decoders on the blocking pool, and hands out what they decode as a bounded stream.

use std::future::Future;

use arrow_array::RecordBatch;
use publish_core::{BatchStream, Error, ErrorKind, Location, Result};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Batches that may wait for the reader of a stream, besides the one being decoded.
const WAITING_BATCHES: usize = 2;

/// Where a decoder hands in its batches, and waits for bytes.
#[derive(Clone, Debug)]
pub(crate) struct BatchSender {
    batches: mpsc::Sender<RecordBatch>,
    runtime: Handle,
}

impl BatchSender {
    /// Hands in a batch, and blocks while enough of them wait.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled) if nobody reads the stream any more. A decoder passes it on and ends.
    pub(crate) fn send(&self, batch: RecordBatch) -> Result<()> {
        self.batches.blocking_send(batch).map_err(|_| stopped())
    }

    /// Blocks until `future` is done.
    ///
    /// # Errors
    /// Those of the future, or [`Cancelled`](ErrorKind::Cancelled) as soon as nobody reads the stream any more.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.batches.closed() => Err(stopped()),
                result = future => result,
            }
        })
    }
}

/// A decoder at work. Dropping it stops the decoder at its next batch, or while it waits for bytes.
struct Decoding {
    file: Location,
    batches: mpsc::Receiver<RecordBatch>,
    decoder: Option<JoinHandle<Result<()>>>,
}

impl Decoding {
    async fn next(&mut self) -> Option<Result<RecordBatch>> {
        if let Some(batch) = self.batches.recv().await {
            return Some(Ok(batch));
        }
        let ended = match self.decoder.as_mut() {
            Some(decoder) => decoder.await,
            None => return None,
        };
        self.decoder = None;
        match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(error) => Some(Err(Error::new(
                ErrorKind::BadData,
                "Decoding broke down, most likely because the file is damaged; write it again",
            )
            .with_context("file", &self.file)
            .with_source(error))),
        }
    }
}

impl Drop for Decoding {
    fn drop(&mut self) {
        // A decoder that still waits for its thread never starts; one that runs sees the closed channel.
        if let Some(decoder) = &self.decoder {
            decoder.abort();
        }
    }
}

/// Runs `decode` on the blocking pool and streams the batches it sends, then its error if it ends in one.
///
/// It runs at most a few batches ahead of the stream's reader. Dropping the stream stops it at its next batch, and
/// a panic in it is [`BadData`](ErrorKind::BadData). Must be called within a tokio runtime.
pub(crate) fn decode_stream(
    file: &Location,
    decode: impl FnOnce(&BatchSender) -> Result<()> + Send + 'static,
) -> BatchStream {
    let (sender, batches) = mpsc::channel(WAITING_BATCHES);
    let sender = BatchSender { batches: sender, runtime: Handle::current() };
    let decoder = tokio::task::spawn_blocking(move || decode(&sender));
    let decoding = Decoding { file: file.clone(), batches, decoder: Some(decoder) };
    Box::pin(futures::stream::unfold(decoding, |mut decoding| async move {
        let batch = decoding.next().await?;
        Some((batch, decoding))
    }))
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "Nobody reads the batches any more")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow_array::{ArrayRef, Int32Array};
    use futures::StreamExt;

    use super::*;

    fn batch(value: i32) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int32Array::from(vec![value]));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    fn file() -> Location {
        Location::parse("mem://f/a").unwrap()
    }

    #[tokio::test]
    async fn batches_come_in_order_and_the_error_comes_last() {
        let stream = decode_stream(&file(), |sender| {
            for value in 0..10 {
                sender.send(batch(value))?;
            }
            Err(Error::new(ErrorKind::BadData, "broken"))
        });
        let mut results = stream.collect::<Vec<_>>().await;
        assert_eq!(results.pop().unwrap().unwrap_err().kind(), ErrorKind::BadData);
        let batches = results.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(batches, (0..10).map(batch).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_that_names_the_file() {
        let mut stream = decode_stream(&file(), |_| panic!("out of range"));
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert_eq!(error.context(), [("file", "mem://f/a".to_owned())]);
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn dropping_the_stream_stops_the_decoder_at_its_next_batch() {
        let sent = Arc::new(AtomicUsize::new(0));
        let (ended, end) = tokio::sync::oneshot::channel();
        let count = Arc::clone(&sent);
        let mut stream = decode_stream(&file(), move |sender| {
            let result = loop {
                if let Err(error) = sender.send(batch(0)) {
                    break error;
                }
                count.fetch_add(1, Ordering::Relaxed);
            };
            ended.send(result.kind()).unwrap();
            Err(result)
        });
        stream.next().await.unwrap().unwrap();
        drop(stream);
        assert_eq!(end.await.unwrap(), ErrorKind::Cancelled);
        assert!(sent.load(Ordering::Relaxed) <= WAITING_BATCHES + 1);
    }

    #[tokio::test]
    async fn dropping_the_stream_stops_a_decoder_that_waits_for_bytes() {
        let (ended, end) = tokio::sync::oneshot::channel();
        let mut stream = decode_stream(&file(), move |sender| {
            sender.send(batch(0))?;
            let result = sender.wait(std::future::pending::<Result<()>>());
            ended.send(result.unwrap_err().kind()).unwrap();
            Ok(())
        });
        stream.next().await.unwrap().unwrap();
        drop(stream);
        assert_eq!(end.await.unwrap(), ErrorKind::Cancelled);
    }
}
