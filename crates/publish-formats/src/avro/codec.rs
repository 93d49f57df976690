//! How the blocks of an Avro file are compressed.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use publish_core::{Error, ErrorKind, Result};

/// Longest block, before and after it is decompressed: 256 MiB. Writers make blocks of 16 KiB to some MiB.
pub(super) const MAX_BLOCK_LEN: u64 = 256 * 1024 * 1024;

/// Memory for the dictionary that a block's xz header announces: enough for the highest level, 64 MiB, and the rest.
const XZ_MEMORY_LIMIT: u64 = 80 * 1024 * 1024;

/// The largest window that a block's zstd header may announce, as a power of two: 32 MiB.
const ZSTD_WINDOW_LOG: u32 = 25;

/// The level of xz that its own tool has unless told.
const XZ_LEVEL: u32 = 6;

/// Most that snappy can make of a byte: a copy of 64 bytes takes three.
const SNAPPY_MAX_GROWTH: usize = 22;

/// Compressions of Avro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
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

    /// The codec that a request names, in Avro's words or those of other formats.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest), naming the ones there are.
    pub(super) fn to_write(name: Option<&str>) -> Result<Self> {
        Ok(match name {
            None | Some("none" | "null") => Self::Null,
            Some("deflate") => Self::Deflate,
            Some("snappy") => Self::Snappy,
            Some("bzip2") => Self::Bzip2,
            Some("xz") => Self::Xz,
            Some("zstd" | "zstandard") => Self::Zstandard,
            Some(other) => {
                return Err(Error::new(ErrorKind::InvalidRequest, "Avro has no such compression")
                    .with_context("compression", other)
                    .with_context("known", "none, deflate, snappy, zstd, bzip2, xz"));
            }
        })
    }

    /// Its name in a header.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstandard => "zstandard",
        }
    }

    /// Compresses a block.
    ///
    /// # Errors
    /// Whatever the compression cannot do.
    pub(super) fn compress(self, data: &[u8]) -> io::Result<Cow<'_, [u8]>> {
        let compressed = match self {
            Self::Null => return Ok(Cow::Borrowed(data)),
            Self::Deflate => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Default::default());
                encoder.write_all(data)?;
                encoder.finish()?
            }
            Self::Snappy => {
                let mut compressed = snap::raw::Encoder::new().compress_vec(data)?;
                compressed.extend_from_slice(&crc32fast::hash(data).to_be_bytes());
                compressed
            }
            Self::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), Default::default());
                encoder.write_all(data)?;
                encoder.finish()?
            }
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), XZ_LEVEL);
                encoder.write_all(data)?;
                encoder.finish()?
            }
            Self::Zstandard => zstd::stream::encode_all(data, zstd::DEFAULT_COMPRESSION_LEVEL)?,
        };
        Ok(Cow::Owned(compressed))
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
