//! Encodes batches on the blocking pool, and passes on the bytes as they come.

use std::fmt;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use publish_core::{BatchWriter, Error, ErrorKind, FileMeta, FileWriter, Result};

/// Encodes batches into the bytes of one file.
pub(crate) trait BatchEncoder: Send + 'static {
    /// Encodes a batch.
    fn encode(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Encodes what ends the file.
    fn finish(&mut self) -> Result<()>;

    /// The bytes since the last call.
    fn take_bytes(&mut self) -> Result<Bytes>;

    /// Bytes that it holds back until more rows come, about.
    fn held_bytes(&self) -> u64;
}

/// A file of batches being encoded.
pub(crate) struct EncodedFile<E> {
    /// `None` while a batch is encoded, and for ever if that was cut short.
    encoder: Option<E>,
    writer: Box<dyn FileWriter>,
    written: u64,
    held: u64,
}

impl<E: BatchEncoder> EncodedFile<E> {
    /// Writes what `encoder` makes to `writer`.
    pub(crate) fn new(encoder: E, writer: Box<dyn FileWriter>) -> Self {
        Self { encoder: Some(encoder), writer, written: 0, held: 0 }
    }

    async fn work(&mut self, work: impl FnOnce(&mut E) -> Result<()> + Send + 'static) -> Result<()> {
        let mut encoder = self.encoder.take().ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "The file broke off at an earlier batch; write it anew")
        })?;
        let worked = tokio::task::spawn_blocking(move || {
            work(&mut encoder)?;
            let bytes = encoder.take_bytes()?;
            Ok((encoder, bytes))
        });
        let (encoder, bytes) = worked.await.map_err(|error| {
            Error::new(ErrorKind::Unexpected, "Encoding a batch broke down").with_source(error)
        })??;
        self.written += bytes.len() as u64;
        self.held = encoder.held_bytes();
        if !bytes.is_empty() {
            self.writer.write(bytes).await?;
        }
        self.encoder = Some(encoder);
        Ok(())
    }
}

#[async_trait]
impl<E: BatchEncoder> BatchWriter for EncodedFile<E> {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.work(move |encoder| encoder.encode(&batch)).await
    }

    fn bytes_written(&self) -> u64 {
        self.written + self.held
    }

    async fn finish(mut self: Box<Self>) -> Result<FileMeta> {
        self.work(E::finish).await?;
        self.writer.finish().await
    }
}

impl<E> fmt::Debug for EncodedFile<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedFile").field("writer", &self.writer).field("written", &self.written).finish()
    }
}
