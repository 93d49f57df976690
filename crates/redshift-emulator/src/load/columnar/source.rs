//! A Parquet file in an object store, read by ranges.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::load::files::FileName;
use crate::load::progress::Progress;
use crate::objects::{Access, ObjectStore};

/// What is read at least where the reader doesn't say how much it needs.
const STEP: u64 = 1 << 20;

/// One object of a known size.
#[derive(Clone, Debug)]
pub(super) struct ObjectSource {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) access: Access,
    pub(super) file: FileName,
    pub(super) size: u64,
    pub(super) progress: Arc<Progress>,
}

impl ObjectSource {
    fn part(&self, start: u64, length: u64) -> io::Result<Bytes> {
        let part = self
            .objects
            .read_range(&self.access, &self.file.bucket, &self.file.key, start, length)
            .map_err(io::Error::other)?;
        if part.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.progress.read(length);
        Ok(part)
    }
}

impl Length for ObjectSource {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for ObjectSource {
    type T = PartReader;

    fn get_read(&self, start: u64) -> Result<PartReader> {
        Ok(PartReader { source: self.clone(), start, part: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.part(start, length as u64).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Reads from a place on.
#[derive(Debug)]
pub(super) struct PartReader {
    source: ObjectSource,
    start: u64,
    part: Bytes,
}

impl Read for PartReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.part.is_empty() {
            let length = STEP.min(self.source.size.saturating_sub(self.start));
            if length == 0 {
                return Ok(0);
            }
            self.part = self.source.part(self.start, length)?;
            self.start += length;
        }
        let length = buffer.len().min(self.part.len());
        self.part.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
