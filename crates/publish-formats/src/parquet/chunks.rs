//! The columns of a row group as the decoder reads them: from storage, a window at a time.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};
use publish_core::{Error, FileMeta, Result, Storage};

use crate::blocking::BatchSender;

/// Compressed bytes of a row group that are read at once, and held in its windows.
const HELD_BYTES: u64 = 16 * 1024 * 1024;

/// Shortest window of a column.
const MIN_WINDOW: u64 = 64 * 1024;

/// The bytes of a row group.
#[derive(Clone, Debug)]
pub(super) struct GroupBytes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: FileMeta,
    storage: Arc<dyn Storage>,
    sender: BatchSender,
    windows: Vec<Window>,
    window_len: u64,
    /// Why the storage gave no bytes: the decoder's own errors keep no cause.
    failed: Mutex<Option<Error>>,
}

/// What was read last of a column, or of a run of columns.
#[derive(Debug)]
struct Window {
    range: Range<u64>,
    read: Mutex<(u64, Bytes)>,
}

impl GroupBytes {
    /// Prepares to read a row group. One that is short is read at once, as a whole; a long one by a window for each
    /// column, so that memory does not grow with it.
    pub(super) fn new(
        file: &FileMeta,
        storage: &Arc<dyn Storage>,
        sender: &BatchSender,
        group: &RowGroupMetaData,
    ) -> Self {
        let columns = group.columns().iter().map(|column| {
            let (start, len) = column.byte_range();
            start..start + len
        });
        let columns = columns.collect::<Vec<_>>();
        let start = columns.iter().map(|range| range.start).min().unwrap_or(0);
        let end = columns.iter().map(|range| range.end).max().unwrap_or(0);
        let is_short = end - start <= HELD_BYTES;
        let count = columns.len().max(1) as u64;
        let ranges = if is_short { std::iter::once(start..end).collect() } else { columns };
        let window_len = if is_short { HELD_BYTES } else { (HELD_BYTES / count).max(MIN_WINDOW) };
        let windows = ranges.into_iter().map(|range| Window { range, read: Mutex::default() }).collect();
        Self(Arc::new(Inner {
            file: file.clone(),
            storage: Arc::clone(storage),
            sender: sender.clone(),
            windows,
            window_len,
            failed: Mutex::default(),
        }))
    }

    /// The storage's error, if that is what stopped the decoder.
    pub(super) fn failure(&self) -> Option<Error> {
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The bytes from `start` on: `len` of them if that many are wanted, else what is there of the window.
    fn read(&self, start: u64, len: Option<u64>) -> Result<Bytes, ParquetError> {
        let inner = &self.0;
        let outside = || ParquetError::EOF("a page lies outside of its column".to_owned());
        let window = inner.windows.iter().find(|window| window.range.contains(&start)).ok_or_else(outside)?;
        let end = match len {
            Some(len) => start.checked_add(len).filter(|end| *end <= window.range.end).ok_or_else(outside)?,
            None => start + 1,
        };
        // Only one thread decodes, and nothing can be half done under this lock.
        let mut read = window.read.lock().unwrap_or_else(PoisonError::into_inner);
        if start < read.0 || end > read.0 + read.1.len() as u64 {
            let end = end.max(start + inner.window_len).min(window.range.end);
            let bytes = inner.sender.wait(inner.storage.read(&inner.file.location, start..end));
            let bytes = bytes.map_err(|error| {
                *inner.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                ParquetError::General("the storage gave no bytes".to_owned())
            })?;
            *read = (start, bytes);
        }
        let ready = read.1.slice(usize::try_from(start - read.0)?..);
        match len {
            Some(len) => Ok(ready.slice(..usize::try_from(len)?.min(ready.len()))),
            None => Ok(ready),
        }
    }
}

impl Length for GroupBytes {
    fn len(&self) -> u64 {
        self.0.file.size
    }
}

impl ChunkReader for GroupBytes {
    type T = GroupRead;

    fn get_read(&self, start: u64) -> Result<GroupRead, ParquetError> {
        Ok(GroupRead { bytes: self.clone(), next: start, ready: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if length == 0 { Ok(Bytes::new()) } else { self.read(start, Some(length as u64)) }
    }
}

/// The bytes from a place on.
#[derive(Debug)]
pub(super) struct GroupRead {
    bytes: GroupBytes,
    next: u64,
    ready: Bytes,
}

impl Read for GroupRead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if self.ready.is_empty() {
            self.ready = self.bytes.read(self.next, None).map_err(io::Error::other)?;
        }
        let len = into.len().min(self.ready.len());
        self.ready.copy_to_slice(&mut into[..len]);
        self.next += len as u64;
        Ok(len)
    }
}
