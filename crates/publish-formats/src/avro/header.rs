//! The header of an Avro file, and the heads of its blocks.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use publish_core::{Error, ErrorKind, Location, Result};

use super::codec::Codec;

/// What every Avro file begins with.
const MAGIC: &[u8; 4] = b"Obj\x01";

/// Longest that the head of a block can be: two variable-length numbers.
pub(crate) const BLOCK_HEAD_LEN: u64 = 20;

/// Length of the marker that ends the header and each block.
pub(crate) const SYNC_LEN: u64 = 16;

/// A sync marker.
pub(crate) type Sync = [u8; SYNC_LEN as usize];

/// What stands before the first block.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The schema, as JSON.
    pub(crate) schema: String,
    /// How blocks are compressed.
    pub(crate) codec: Codec,
    /// What else the writer noted, in the order of the keys.
    pub(crate) notes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The marker after each block.
    pub(crate) sync: Sync,
    /// Where the first block begins.
    pub(crate) len: u64,
}

impl Header {
    /// Reads the header from the first bytes of a file. `None` if they do not hold all of it.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if it is no Avro file, [`Unsupported`](ErrorKind::Unsupported) if its codec is
    /// unknown.
    pub(crate) fn parse(file: &Location, bytes: &[u8]) -> Result<Option<Self>> {
        let start = bytes.len().min(MAGIC.len());
        if bytes[..start] != MAGIC[..start] {
            return Err(damaged(file, 0, "This is no Avro file: it does not begin with Obj and 1"));
        }
        let mut cursor = Cursor { file, bytes, at: MAGIC.len().min(bytes.len()) };
        let (mut schema, mut codec, mut notes) = (None, Codec::Null, BTreeMap::new());
        loop {
            let Some(count) = cursor.long()? else { return Ok(None) };
            if count == 0 {
                break;
            }
            // A negative count is followed by the length of the entries, which we read anyway.
            if count < 0 && cursor.long()?.is_none() {
                return Ok(None);
            }
            for _ in 0..count.unsigned_abs() {
                let Some(key) = cursor.bytes()? else { return Ok(None) };
                let value_at = cursor.at;
                let Some(value) = cursor.bytes()? else { return Ok(None) };
                match key {
                    b"avro.schema" => {
                        let text = std::str::from_utf8(value).map_err(|error| {
                            damaged(file, value_at as u64, "The schema in the header is not UTF-8")
                                .with_source(error)
                        })?;
                        schema = Some(text.to_owned());
                    }
                    b"avro.codec" => {
                        codec = Codec::from_name(value).map_err(|error| error.with_context("file", file))?;
                    }
                    _ => {
                        notes.insert(key.to_vec(), value.to_vec());
                    }
                }
            }
        }
        let Some(sync) = cursor.bytes.get(cursor.at..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let len = cursor.at as u64 + SYNC_LEN;
        let schema = schema.ok_or_else(|| {
            damaged(file, MAGIC.len() as u64, "The header holds no schema under avro.schema")
        })?;
        Ok(Some(Self { schema, codec, notes, sync: *sync, len }))
    }

    /// The header as it stands in a file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let own = [("avro.schema", self.schema.as_str()), ("avro.codec", self.codec.name())];
        let own = own.map(|(key, value)| (key.as_bytes(), value.as_bytes()));
        let notes = self.notes.iter().map(|(key, value)| (key.as_slice(), value.as_slice()));
        let entries = own.into_iter().chain(notes).collect::<Vec<_>>();
        let mut bytes = MAGIC.to_vec();
        put_long(entries.len() as u64, &mut bytes);
        for text in entries.into_iter().flat_map(|(key, value)| [key, value]) {
            put_long(text.len() as u64, &mut bytes);
            bytes.extend_from_slice(text);
        }
        put_long(0, &mut bytes);
        bytes.extend_from_slice(&self.sync);
        bytes
    }
}

/// What stands before the data of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHead {
    /// Rows in the block.
    pub(crate) row_count: u64,
    /// Length of its data.
    pub(crate) data_len: u64,
    /// Length of the head itself.
    pub(crate) head_len: u64,
}

impl BlockHead {
    /// Reads the head of the block at `offset` from bytes that begin there, and checks that the block ends before
    /// `end`.
    ///
    /// # Errors
    /// [`BadData`](ErrorKind::BadData) if the numbers cannot be true.
    pub(crate) fn parse(file: &Location, bytes: &[u8], offset: u64, end: u64, codec: Codec) -> Result<Self> {
        let mut cursor = Cursor { file, bytes, at: 0 };
        let cut = || damaged(file, offset, "The file is cut off in the head of a block; write it again");
        let beside = |error: Error| error.with_context("block", offset);
        let rows = cursor.long().map_err(beside)?.ok_or_else(cut)?;
        let data = cursor.long().map_err(beside)?.ok_or_else(cut)?;
        let head_len = cursor.at as u64;
        let (Ok(row_count), Ok(data_len)) = (u64::try_from(rows), u64::try_from(data)) else {
            return Err(damaged(file, offset, "A block announces a negative number of rows or bytes")
                .with_context("rows", rows)
                .with_context("bytes", data));
        };
        let left = end.saturating_sub(offset + head_len);
        if data_len.checked_add(SYNC_LEN).is_none_or(|len| len > left) {
            return Err(damaged(
                file,
                offset,
                "A block announces more bytes than are left; the file is cut off",
            )
            .with_context("announced", data_len)
            .with_context("left", left));
        }
        // Each row has a byte at least: schemas whose rows have none are refused.
        if (codec == Codec::Null && row_count > data_len) || (data_len == 0 && row_count > 0) {
            return Err(damaged(file, offset, "A block announces more rows than it has bytes")
                .with_context("rows", row_count)
                .with_context("bytes", data_len));
        }
        Ok(Self { row_count, data_len, head_len })
    }

    /// Length of the block with its head and its marker.
    pub(crate) fn block_len(&self) -> u64 {
        self.head_len + self.data_len + SYNC_LEN
    }
}

/// Checks the marker at `offset`.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData) if it is not the header's.
pub(crate) fn check_sync(file: &Location, found: &[u8], expected: &Sync, offset: u64) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(damaged(
        file,
        offset,
        "A block does not end with the sync marker of the header; write the file again",
    )
    .with_context("expected", hex(expected))
    .with_context("found", hex(found)))
}

/// A marker that no data holds by chance.
pub(crate) fn new_sync() -> Sync {
    let random = || RandomState::new().build_hasher().finish();
    (u128::from(random()) << 64 | u128::from(random())).to_ne_bytes()
}

/// Appends a number of variable length.
pub(crate) fn put_long(value: u64, into: &mut Vec<u8>) {
    // Lengths and counts are far from the sign bit, which moves to the end.
    let mut left = value << 1;
    while left >= 0x80 {
        into.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    into.push(left as u8);
}

/// The error of a file that is not as it must be at `byte`.
pub(crate) fn damaged(file: &Location, byte: u64, message: &str) -> Error {
    Error::new(ErrorKind::BadData, message).with_context("file", file).with_context("byte", byte)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A place in bytes that may end too early.
struct Cursor<'a> {
    file: &'a Location,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Reads a number of variable length. `None` if the bytes end in it.
    fn long(&mut self) -> Result<Option<i64>> {
        let mut value = 0_u64;
        for (index, byte) in self.bytes[self.at..].iter().enumerate() {
            if index == 9 && *byte > 1 {
                return Err(damaged(self.file, self.at as u64, "A number is longer than 64 bits"));
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.at += index + 1;
                return Ok(Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed()));
            }
        }
        Ok(None)
    }

    /// Reads bytes with their length before them. `None` if the bytes end in them.
    fn bytes(&mut self) -> Result<Option<&'a [u8]>> {
        let start = self.at;
        let Some(len) = self.long()? else { return Ok(None) };
        let len = usize::try_from(len)
            .map_err(|_| damaged(self.file, start as u64, "A text of the header has a negative length"))?;
        let Some(value) = self.bytes[self.at..].get(..len) else { return Ok(None) };
        self.at += len;
        Ok(Some(value))
    }
}
