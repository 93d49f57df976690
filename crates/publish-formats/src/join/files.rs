//! The way in: which files, into what.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use publish_core::{Error, ErrorKind, FileFormat, FileMeta, FileWriter, Location, Result, Storages};

use super::{avro, parquet};

/// Bytes that are gathered before they are written.
const CHUNK: usize = 1024 * 1024;

/// Headers and footers that are read side by side.
pub(super) const LANES: usize = 8;

/// A file made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JoinedFile {
    /// The file.
    pub file: FileMeta,
    /// Rows in it, as the headers of its blocks or row groups say.
    pub row_count: u64,
}

/// Joins Avro or Parquet files into the one that `writer` writes, in their order, without decoding them.
///
/// Memory stays bounded whatever the files' sizes: besides one chunk of bytes and the row groups' places nothing is
/// held. `progress` hears the bytes that were copied so far. Files of no bytes are passed over.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported), before anything is written, if the files can't be one: their schemas,
/// compressions or notes of their writers differ, or the format is text. Decode and encode them then.
/// [`BadData`](ErrorKind::BadData) if a file is damaged.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use publish_core::{FileFormat, Format, Location, Storage, Storages, WriteOptions};
/// use publish_formats::{AvroFormat, join_files};
/// use publish_storage::MemoryStorage;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::default());
/// let mut files = Vec::new();
/// for part in 0..3 {
///     let ids: ArrayRef = Arc::new(Int64Array::from(vec![part, part + 1]));
///     let batch = RecordBatch::try_from_iter([("id", ids)])?;
///     let writer = storage.create(&Location::parse(&format!("mem:///part-{part}.avro"))?).await?;
///     let mut writer = AvroFormat::new().create(&batch.schema(), &WriteOptions::default(), writer).await?;
///     writer.write(batch).await?;
///     files.push(writer.finish().await?);
/// }
/// let storages = Storages::default().with(&storage);
/// let writer = storage.create(&Location::parse("mem:///all.avro")?).await?;
/// let joined = join_files(FileFormat::Avro, &files, &storages, writer, &|_| {}).await?;
/// assert_eq!(joined.row_count, 6);
/// # Ok(())
/// # }
/// ```
pub async fn join_files(
    format: FileFormat,
    files: &[FileMeta],
    storages: &Storages,
    writer: Box<dyn FileWriter>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<JoinedFile> {
    let files = files.iter().filter(|file| file.size > 0).collect::<Vec<_>>();
    let output = Output { writer, gathered: BytesMut::new(), written: 0, progress };
    match format {
        FileFormat::Avro => avro::join(&files, storages, output).await,
        FileFormat::Parquet => parquet::join(&files, storages, output).await,
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "Text files have no blocks to join; decode and encode them",
        )
        .with_context("format", format)),
    }
}

/// The file being written.
pub(super) struct Output<'a> {
    writer: Box<dyn FileWriter>,
    gathered: BytesMut,
    written: u64,
    progress: &'a (dyn Fn(u64) + Send + Sync),
}

impl Output<'_> {
    /// Where the next byte goes.
    pub(super) fn position(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let bytes: Bytes = self.gathered.split().freeze();
        self.written += bytes.len() as u64;
        self.writer.write(bytes).await?;
        (self.progress)(self.written);
        Ok(())
    }

    /// Writes the bytes of a file from `start` up to `end`.
    pub(super) async fn copy(
        &mut self,
        file: &FileMeta,
        storages: &Storages,
        start: u64,
        end: u64,
    ) -> Result<()> {
        if start == end {
            return Ok(());
        }
        let mut bytes = storages.at(&file.location)?.stream(&file.location, start..end).await?;
        let mut copied = 0;
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            copied += chunk.len() as u64;
            self.write(&chunk).await?;
        }
        if copied == end - start {
            return Ok(());
        }
        Err(Error::new(ErrorKind::BadData, "The file ended while it was copied; it may have changed")
            .with_context("file", &file.location)
            .with_context("byte", start + copied))
    }

    pub(super) async fn finish(mut self, row_count: u64) -> Result<JoinedFile> {
        if !self.gathered.is_empty() {
            self.flush().await?;
        }
        Ok(JoinedFile { file: self.writer.finish().await?, row_count })
    }
}

/// The error of files that can't be one.
pub(super) fn differ(what: &str, first: &Location, file: &Location) -> Error {
    Error::new(ErrorKind::Unsupported, "The files can't be joined as they are; decode and encode them")
        .with_context("they differ in", what)
        .with_context("first", first)
        .with_context("file", file)
}

/// The error of no files.
pub(super) fn nothing_to_join() -> Error {
    Error::new(ErrorKind::Unsupported, "There is no file with a header to join; encode one without rows")
}
