//! How the blocks of an Avro file are compressed.

use std::io::{self, Read};

use publish_core::{Error, ErrorKind, Result};

/// Longest block, before and after it is decompressed: 256 MiB. Writers make blocks of 16 KiB to some MiB.
pub(super) const MAX_BLOCK_LEN: u64 = 256 * 1024 * 1024;

/// Memory for the dictionary that a block's xz header announces: enough for the highest level, 64 MiB, and the rest.
const XZ_MEMORY_LIMIT: u64 = 80 * 1024 * 1024;

/// The largest window that a block's zstd header may announce, as a power of two: 32 MiB.
const ZSTD_WINDOW_LOG: u32 = 25;

/// Most that snappy can make of a byte: a copy of 64 bytes takes three.
const SNAPPY_MAX_GROWTH: usize = 22;

/// Compressions of Avro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// None.
    Null,
    /// Deflate without a header.
    Deflate,
    /// Snappy, with a checksum of what was compressed.
    Snappy,
    /// Bzip2.
    Bzip2,
    /// Xz.
    Xz,
    /// Zstandard.
    Zstandard,
}

impl Codec {
    /// The codec of a header.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming the ones there are.
    pub(super) fn from_name(name: &[u8]) -> Result<Self> {
        Ok(match name {
            b"null" | b"" => Self::Null,
            b"deflate" => Self::Deflate,
            b"snappy" => Self::Snappy,
            b"bzip2" => Self::Bzip2,
            b"xz" => Self::Xz,
            b"zstandard" => Self::Zstandard,
            _ => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "The file's Avro codec is unknown; write it with one of the known ones",
                )
                .with_context("codec", String::from_utf8_lossy(name))
                .with_context("known", "null, deflate, snappy, bzip2, xz, zstandard"));
            }
        })
    }

    /// Decompresses a block into `out`, in place of what was there.
    ///
    /// # Errors
    /// Whatever is wrong with the data, or that it grows beyond [`MAX_BLOCK_LEN`].
    pub(super) fn decompress(self, block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.clear();
        match self {
            Self::Null => out.extend_from_slice(block),
            Self::Deflate => read_bounded(flate2::bufread::DeflateDecoder::new(block), out)?,
            Self::Bzip2 => read_bounded(bzip2::bufread::BzDecoder::new(block), out)?,
            Self::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY_LIMIT, 0)?;
                read_bounded(liblzma::bufread::XzDecoder::new_stream(block, stream), out)?;
            }
            Self::Zstandard => {
                let mut decoder = zstd::Decoder::with_buffer(block)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                read_bounded(decoder, out)?;
            }
            Self::Snappy => decompress_snappy(block, out)?,
        }
        Ok(())
    }
}

fn read_bounded(decoder: impl Read, out: &mut Vec<u8>) -> io::Result<()> {
    decoder.take(MAX_BLOCK_LEN + 1).read_to_end(out)?;
    if out.len() as u64 > MAX_BLOCK_LEN { Err(too_long()) } else { Ok(()) }
}

fn decompress_snappy(block: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let Some((data, checksum)) = block.split_last_chunk::<4>() else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the block is shorter than its checksum"));
    };
    let len = snap::raw::decompress_len(data)?;
    if len as u64 > MAX_BLOCK_LEN {
        return Err(too_long());
    }
    if len > data.len().saturating_mul(SNAPPY_MAX_GROWTH) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the data announces more than it can hold"));
    }
    out.resize(len, 0);
    let written = snap::raw::Decoder::new().decompress(data, out)?;
    out.truncate(written);
    if crc32fast::hash(out) != u32::from_be_bytes(*checksum) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
    }
    Ok(())
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the block is longer than 256 MiB")
}
