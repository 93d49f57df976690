//! Reading files, whole ranges and chunk by chunk.

use std::fs::{self, File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use publish_core::{ByteStream, Error, ErrorKind, FileMeta, Location, Result};
use tokio::task::JoinHandle;

use super::error::{file_error, stopped};
use super::scope::Scope;

/// Bytes of a chunk of a stream.
const CHUNK: u64 = 1024 * 1024;

/// A file open at the start of a range that it holds.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    at: Location,
    left: u64,
}

impl OpenFile {
    pub(super) fn open(scope: &Scope, at: &Location, range: &Range<u64>) -> Result<Self> {
        let path = scope.path(at)?;
        // Asked before opening: to open a pipe would wait for whoever writes to it.
        let size = head_file(&path, at)?.size;
        if range.start > range.end || range.end > size {
            return Err(cut_off(at)
                .with_context("size", size)
                .with_context("asked", format!("{}..{}", range.start, range.end)));
        }
        let mut file = File::open(&path).map_err(|error| file_error(error, at))?;
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).map_err(|error| file_error(error, at))?;
        }
        Ok(Self { file, at: at.clone(), left: range.end - range.start })
    }

    /// Reads the rest of the range.
    pub(super) fn read_rest(&mut self) -> Result<Bytes> {
        self.read_some(self.left)
    }

    /// Reads the next chunk of the range, empty at its end.
    pub(super) fn read_chunk(&mut self) -> Result<Bytes> {
        self.read_some(self.left.min(CHUNK))
    }

    fn read_some(&mut self, count: u64) -> Result<Bytes> {
        let mut bytes = Vec::new();
        // A file with holes can be larger than any memory.
        let room = usize::try_from(count).ok().and_then(|count| bytes.try_reserve_exact(count).ok());
        if room.is_none() {
            return Err(Error::new(
                ErrorKind::BadData,
                "The range does not fit in memory; read less at once",
            )
            .with_context("location", &self.at)
            .with_context("bytes", count));
        }
        let read = (&self.file).take(count).read_to_end(&mut bytes);
        let read = read.map_err(|error| file_error(error, &self.at))?;
        if (read as u64) < count {
            return Err(cut_off(&self.at).with_context("missing bytes", count - read as u64));
        }
        self.left -= count;
        Ok(bytes.into())
    }
}

/// Streams `first` and the rest of the range. One chunk is read ahead; no thread waits for the one who reads.
pub(super) fn stream_file(file: OpenFile, first: Bytes) -> ByteStream {
    let first = (!first.is_empty()).then_some(Ok(first));
    let rest = futures::stream::try_unfold(read_ahead(file), |reading| async move {
        let Some(reading) = reading else { return Ok(None) };
        let (file, bytes) = reading.await.map_err(stopped)??;
        Ok(Some((bytes, read_ahead(file))))
    });
    futures::stream::iter(first).chain(rest.into_stream()).boxed()
}

/// Starts to read the next chunk, if there is one. Dropping the handle leaves at most that one chunk to be read.
fn read_ahead(mut file: OpenFile) -> Option<JoinHandle<Result<(OpenFile, Bytes)>>> {
    (file.left > 0).then(|| {
        tokio::task::spawn_blocking(move || {
            let bytes = file.read_chunk()?;
            Ok((file, bytes))
        })
    })
}

/// What is known of a file. Folders, pipes, sockets and devices are none.
pub(super) fn head_file(path: &Path, at: &Location) -> Result<FileMeta> {
    let meta = fs::metadata(path).map_err(|error| file_error(error, at))?;
    if meta.is_file() {
        return Ok(file_meta(at.clone(), &meta));
    }
    let message = if meta.is_dir() {
        "This is a folder, not a file; name a file in it"
    } else {
        "This is a pipe or a device, not a file; write the results to a file first"
    };
    Err(Error::new(ErrorKind::NotFound, message).with_context("location", at))
}

/// What a file's metadata tells. Its version is its time of change and, where the system has them, the number that the
/// disk knows it by: another file that is put in its place has another one, whatever its times say.
pub(super) fn file_meta(at: Location, meta: &Metadata) -> FileMeta {
    let file = FileMeta::new(at, meta.len()).with_modified(meta.modified().ok());
    match version(meta) {
        Some(version) => file.with_version(version),
        None => file,
    }
}

#[cfg(unix)]
fn version(meta: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    Some(format!("{:x}-{}.{:09}", meta.ino(), meta.mtime(), meta.mtime_nsec()))
}

#[cfg(not(unix))]
fn version(meta: &Metadata) -> Option<String> {
    let changed = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(changed.as_nanos().to_string())
}

fn cut_off(at: &Location) -> Error {
    file_error(std::io::ErrorKind::UnexpectedEof.into(), at)
}
