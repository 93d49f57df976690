//! Blocks of Avro files in one file.

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{ByteStream, FileMeta, Result, Storages};

use crate::avro::blocks::{
    BLOCK_HEAD_LEN, BlockHead, Header, SYNC_LEN, Sync, Window, check_sync, damaged, new_sync, put_long,
};

use super::files::{JoinedFile, LANES, Output, differ, nothing_to_join};

/// Joins the files, whose headers must be the same but for the sync marker.
pub(super) async fn join(
    files: &[&FileMeta],
    storages: &Storages,
    mut output: Output<'_>,
) -> Result<JoinedFile> {
    let opening = files.iter().map(|file| open(file, storages).boxed()).collect::<Vec<_>>();
    let mut headers = futures::stream::iter(opening).buffered(LANES);
    let mut joined: Option<(&FileMeta, Header)> = None;
    let mut parts = Vec::with_capacity(files.len());
    while let Some((file, header)) = headers.try_next().await? {
        parts.push(Part { file, sync: header.sync, start: header.len });
        let (first, joined) =
            joined.get_or_insert_with(|| (file, Header { sync: new_sync(), ..header.clone() }));
        if let Some(what) = difference(joined, &header) {
            return Err(differ(what, &first.location, &file.location));
        }
    }
    let Some((_, joined)) = joined else { return Err(nothing_to_join()) };
    output.write(&joined.to_bytes()).await?;
    let mut row_count = 0;
    for part in parts {
        let (file, at) = (part.file, part.start);
        let rest = storages.at(&file.location)?.stream(&file.location, at..file.size).await?;
        let mut blocks = Blocks { part, at, ready: Bytes::new(), rest };
        while let Some(rows) = blocks.copy_next(&joined, &mut output).await? {
            row_count += rows;
        }
    }
    output.finish(row_count).await
}

/// A file, and what its header tells that the others' do not.
struct Part<'a> {
    file: &'a FileMeta,
    sync: Sync,
    /// Where its first block begins.
    start: u64,
}

async fn open<'a>(file: &'a FileMeta, storages: &Storages) -> Result<(&'a FileMeta, Header)> {
    let (header, _) = Window::open(file, storages.at(&file.location)?).await?;
    Ok((file, header))
}

fn difference(one: &Header, other: &Header) -> Option<&'static str> {
    if one.codec != other.codec {
        Some("their compression")
    } else if one.schema != other.schema && !is_same_json(&one.schema, &other.schema) {
        Some("their schemas")
    } else if one.notes != other.notes {
        Some("what their headers note beside the schema")
    } else {
        None
    }
}

/// Whether two schemas are written alike but for spaces and the order of attributes, which mean nothing.
fn is_same_json(one: &str, other: &str) -> bool {
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(one).is_some_and(|one| parse(other) == Some(one))
}

/// The blocks of a file, from `at` on.
struct Blocks<'a> {
    part: Part<'a>,
    at: u64,
    ready: Bytes,
    rest: ByteStream,
}

impl Blocks<'_> {
    /// Copies the next block, and answers its rows. `None` at the end of the file.
    async fn copy_next(&mut self, joined: &Header, output: &mut Output<'_>) -> Result<Option<u64>> {
        let FileMeta { location, size, .. } = self.part.file;
        if self.at == *size {
            return Ok(None);
        }
        self.fill(BLOCK_HEAD_LEN).await?;
        let head = BlockHead::parse(location, &self.ready, self.at, *size, joined.codec)?;
        self.take(head.head_len);
        let mut bytes = Vec::with_capacity(BLOCK_HEAD_LEN as usize);
        put_long(head.row_count, &mut bytes);
        put_long(head.data_len, &mut bytes);
        output.write(&bytes).await?;
        let mut left = head.data_len;
        while left > 0 {
            self.fill(1).await?;
            let chunk = self.take(left.min(self.ready.len() as u64));
            left -= chunk.len() as u64;
            output.write(&chunk).await?;
        }
        self.fill(SYNC_LEN).await?;
        let sync_at = self.at;
        check_sync(location, &self.take(SYNC_LEN), &self.part.sync, sync_at)?;
        output.write(&joined.sync).await?;
        Ok(Some(head.row_count))
    }

    /// Has `len` bytes ready, unless the file ends before.
    async fn fill(&mut self, len: u64) -> Result<()> {
        let len = usize::try_from(len.min(self.part.file.size - self.at)).unwrap_or(usize::MAX);
        if self.ready.len() >= len {
            return Ok(());
        }
        let mut joined = BytesMut::from(self.ready.as_ref());
        while joined.len() < len {
            let Some(chunk) = self.rest.next().await.transpose()? else {
                let end = self.at + joined.len() as u64;
                return Err(damaged(
                    &self.part.file.location,
                    end,
                    "The file ends before its last block does",
                ));
            };
            if joined.is_empty() && chunk.len() >= len {
                self.ready = chunk;
                return Ok(());
            }
            joined.extend_from_slice(&chunk);
        }
        self.ready = joined.freeze();
        Ok(())
    }

    fn take(&mut self, len: u64) -> Bytes {
        let taken = self.ready.split_to(usize::try_from(len).unwrap_or(usize::MAX).min(self.ready.len()));
        self.at += taken.len() as u64;
        taken
    }
}
