//! Reading files, whole ranges and packet by packet.

use std::ops::Range;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use hdfs_native::{Client, HdfsError};
use publish_core::{ByteStream, Error, ErrorKind, Location, Result};

use super::error::{Call, answered, hdfs_error};
use super::store::path_of;

/// The bytes of a range that the file holds, as the data nodes send them.
///
/// Each block comes from one of the nodes that have it; where one fails, the rest comes from the next. Every packet's
/// checksum is compared.
pub(super) struct OpenFile {
    packets: BoxStream<'static, Result<Bytes, HdfsError>>,
    at: Location,
    left: u64,
}

impl OpenFile {
    /// Asks the name node where the blocks are. No data node is asked before the first bytes are taken.
    pub(super) async fn open(client: &Client, at: &Location, range: &Range<u64>) -> Result<Self> {
        let file = answered(at, Call::Look, client.read(path_of(at))).await?;
        let size = file.file_length() as u64;
        if range.start > range.end || range.end > size {
            return Err(cut_off(at)
                .with_context("size", size)
                .with_context("asked", format!("{}..{}", range.start, range.end)));
        }
        let left = range.end - range.start;
        // Both fit: the file's size came as a usize.
        let (start, length) = (range.start as usize, left as usize);
        let packets = if left == 0 {
            futures::stream::empty().boxed()
        } else {
            file.read_range_stream(start, length).boxed()
        };
        Ok(Self { packets, at: at.clone(), left })
    }

    /// Reads the rest of the range.
    pub(super) async fn read_rest(mut self) -> Result<Bytes> {
        let mut bytes = Vec::new();
        if usize::try_from(self.left).ok().and_then(|left| bytes.try_reserve_exact(left).ok()).is_none() {
            return Err(Error::new(
                ErrorKind::BadData,
                "The range does not fit in memory; read less at once",
            )
            .with_context("location", &self.at)
            .with_context("bytes", self.left));
        }
        while let Some(packet) = self.next().await? {
            bytes.extend_from_slice(&packet);
        }
        Ok(bytes.into())
    }

    /// Streams the rest of the range. At most a hundred packets of 64 KiB wait to be taken.
    pub(super) fn stream_rest(self) -> ByteStream {
        futures::stream::try_unfold(self, |mut file| async move {
            Ok(file.next().await?.map(|packet| (packet, file)))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let packet =
            self.packets.try_next().await.map_err(|error| hdfs_error(error, &self.at, Call::Look))?;
        let count = packet.as_ref().map_or(0, |packet| packet.len() as u64);
        match (packet, self.left.checked_sub(count)) {
            (Some(packet), Some(left)) => {
                self.left = left;
                Ok(Some(packet))
            }
            (None, Some(0)) => Ok(None),
            _ => Err(cut_off(&self.at).with_context("missing bytes", self.left)),
        }
    }
}

fn cut_off(at: &Location) -> Error {
    Error::new(
        ErrorKind::BadData,
        "The file ends before the bytes that were asked for; it may have been cut off, or is still being written",
    )
    .with_context("location", at)
}
