//! Counts the rows of an Avro file, and cuts it into parts, by the heads of its blocks alone.

use std::sync::Arc;

use bytes::Bytes;
use publish_core::{FileMeta, FilePart, Result, Storage};

use super::header::{BLOCK_HEAD_LEN, BlockHead, Header, SYNC_LEN, check_sync, damaged};

/// Bytes that the first read of a file takes. Small files are read by it whole.
const FIRST_READ: u64 = 64 * 1024;

/// Longest header: schemas of hundreds of columns are some 10 KiB.
const MAX_HEADER_LEN: u64 = 64 * 1024 * 1024;

/// Bytes of a part, about.
const PART_LEN: u64 = 16 * 1024 * 1024;

/// Bytes that are read at once while blocks are so short that many of them are in it.
const LONG_READ: u64 = 1024 * 1024;

/// Blocks from this length on are skipped; shorter ones are read along.
const SKIPPED_LEN: u64 = 128 * 1024;

/// Rows and parts of a file.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Rows of all blocks.
    pub(super) row_count: u64,
    /// Runs of blocks.
    pub(super) parts: Vec<FilePart>,
    /// Bytes of the longest one.
    pub(super) longest: u64,
}

/// The bytes of a file that were read last.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    file: &'a FileMeta,
    storage: &'a Arc<dyn Storage>,
    start: u64,
    bytes: Bytes,
}

impl<'a> Window<'a> {
    /// Reads a file's header, and whatever comes along with it.
    pub(crate) async fn open(file: &'a FileMeta, storage: &'a Arc<dyn Storage>) -> Result<(Header, Self)> {
        let mut window = Self { file, storage, start: 0, bytes: Bytes::new() };
        let mut len = FIRST_READ;
        loop {
            let bytes = window.read(0, len, len).await?;
            if let Some(header) = Header::parse(&file.location, &bytes)? {
                return Ok((header, window));
            }
            if len >= file.size {
                return Err(damaged(
                    &file.location,
                    file.size,
                    "The file is cut off in its header; write it again",
                ));
            }
            if len >= MAX_HEADER_LEN {
                return Err(damaged(&file.location, len, "The header of the file has no end"));
            }
            len *= 4;
        }
    }

    /// The bytes from `offset` on: at least `needed`, unless the file ends before. Reads `wanted` if it must read.
    pub(super) async fn read(&mut self, offset: u64, needed: u64, wanted: u64) -> Result<Bytes> {
        let needed_end = offset.saturating_add(needed).min(self.file.size);
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || needed_end > end {
            let wanted_end = offset.saturating_add(wanted.max(needed)).min(self.file.size);
            self.bytes = self.storage.read(&self.file.location, offset..wanted_end).await?;
            self.start = offset;
        }
        Ok(self.bytes.slice(self.index_of(offset)..))
    }

    /// What was read of the bytes from `start` up to `end`, in one piece from `start` on.
    pub(super) fn ready(&self, start: u64, end: u64) -> Bytes {
        if start < self.start {
            Bytes::new()
        } else {
            self.bytes.slice(self.index_of(start)..self.index_of(end))
        }
    }

    fn index_of(&self, offset: u64) -> usize {
        usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.bytes.len())
    }
}

/// Goes from block to block. Checks that each is whole and ends with the header's marker.
pub(super) async fn walk(header: &Header, mut window: Window<'_>) -> Result<Blocks> {
    let file = window.file;
    let mut blocks = Blocks::default();
    let mut part_start = header.len;
    let mut part_rows = 0;
    let mut at = header.len;
    let mut head = window.read(at, BLOCK_HEAD_LEN, BLOCK_HEAD_LEN).await?;
    while at < file.size {
        let block = BlockHead::parse(&file.location, &head, at, file.size, header.codec)?;
        let next = at + block.block_len();
        let wanted = if block.data_len < SKIPPED_LEN { LONG_READ } else { SYNC_LEN + BLOCK_HEAD_LEN };
        let sync_at = next - SYNC_LEN;
        let tail = window.read(sync_at, SYNC_LEN + BLOCK_HEAD_LEN, wanted).await?;
        let sync_len = tail.len().min(header.sync.len());
        check_sync(&file.location, &tail[..sync_len], &header.sync, sync_at)?;
        head = tail.slice(sync_len..);
        blocks.row_count = blocks.row_count.checked_add(block.row_count).ok_or_else(|| {
            damaged(&file.location, at, "The blocks announce more rows than any file holds")
        })?;
        at = next;
        blocks.longest = blocks.longest.max(block.data_len);
        if blocks.row_count > part_rows && (at - part_start >= PART_LEN || at == file.size) {
            blocks.parts.push(FilePart::new(part_start, at, Some(part_rows)));
            part_start = at;
            part_rows = blocks.row_count;
        }
    }
    // Blocks of no rows at the end belong to the last part.
    if let Some(last) = blocks.parts.last_mut() {
        last.end = at;
    }
    Ok(blocks)
}
