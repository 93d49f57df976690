//! Whole-file compression of text formats: gzip, bzip2 and zstd.

use std::fmt;
use std::io::{self, Cursor, Read, Write};

use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use publish_core::{Error, ErrorKind, Result};

/// Bytes that tell a compression.
const MAGIC_LENGTH: usize = 10;

/// The largest window of a zstd file, as a power of two: 32 MiB. A file's header announces its window, and the whole
/// of it is allocated.
const ZSTD_WINDOW_LOG: u32 = 25;

/// How a text file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// gzip, of one or more members.
    Gzip,
    /// bzip2, of one or more streams.
    Bzip2,
    /// zstd, of one or more frames.
    Zstd,
}

impl Compression {
    /// The name of a file's compression, `none` for none.
    pub(crate) fn name_of(compression: Option<Self>) -> &'static str {
        match compression {
            None => "none",
            Some(Self::Gzip) => "gzip",
            Some(Self::Bzip2) => "bzip2",
            Some(Self::Zstd) => "zstd",
        }
    }

    /// The compression of staged text files by its name. `snappy`, the default of the binary formats, is none here.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported), naming those there are.
    pub(crate) fn from_name(name: Option<&str>) -> Result<Option<Self>> {
        match name {
            None | Some("none" | "snappy") => Ok(None),
            Some("gzip") => Ok(Some(Self::Gzip)),
            Some("bzip2") => Ok(Some(Self::Bzip2)),
            Some("zstd") => Ok(Some(Self::Zstd)),
            Some(other) => Err(Error::new(
                ErrorKind::Unsupported,
                "Text files are compressed by gzip, bzip2, zstd or none",
            )
            .with_context("compression", other)),
        }
    }

    /// Tells from a file's first bytes.
    fn from_magic(bytes: &[u8]) -> Option<Self> {
        // The name of bzip2 is plain text; only with the mark of a block or of the end behind it, it is no CSV header.
        let is_bzip2 = |rest: &[u8]| {
            rest.starts_with(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
                || rest.starts_with(&[0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
        };
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if is_bzip2(rest) => Some(Self::Bzip2),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A file's text, and how it was compressed.
pub(crate) struct Decompressed {
    /// The text.
    pub(crate) text: Box<dyn Read + Send>,
    /// How it was compressed, as its first bytes tell.
    pub(crate) compression: Option<Compression>,
}

/// Reads a file's first bytes and decompresses the file accordingly.
pub(crate) fn decompress(mut file: impl Read + Send + 'static) -> io::Result<Decompressed> {
    let mut magic = Vec::with_capacity(MAGIC_LENGTH);
    file.by_ref().take(MAGIC_LENGTH as u64).read_to_end(&mut magic)?;
    let compression = Compression::from_magic(&magic);
    let file = Cursor::new(magic).chain(file);
    let text: Box<dyn Read + Send> = match compression {
        None => Box::new(file),
        Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(file)),
        Some(Compression::Bzip2) => Box::new(MultiBzDecoder::new(file)),
        Some(Compression::Zstd) => {
            let mut decoder = zstd::Decoder::new(file)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    Ok(Decompressed { text, compression })
}

/// Compresses text into memory, to be taken out piece by piece.
pub(crate) enum Compressor {
    /// Keeps the text as it is.
    None(Vec<u8>),
    /// gzip.
    Gzip(GzEncoder<Vec<u8>>),
    /// bzip2.
    Bzip2(BzEncoder<Vec<u8>>),
    /// zstd.
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Compressor {
    /// Starts a file.
    pub(crate) fn new(compression: Option<Compression>) -> io::Result<Self> {
        Ok(match compression {
            None => Self::None(Vec::new()),
            Some(Compression::Gzip) => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(3))),
            Some(Compression::Bzip2) => {
                Self::Bzip2(BzEncoder::new(Vec::new(), bzip2::Compression::default()))
            }
            Some(Compression::Zstd) => Self::Zstd(zstd::Encoder::new(Vec::new(), 0)?),
        })
    }

    /// Appends text.
    pub(crate) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Self::None(bytes) => bytes.write_all(text),
            Self::Gzip(encoder) => encoder.write_all(text),
            Self::Bzip2(encoder) => encoder.write_all(text),
            Self::Zstd(encoder) => encoder.write_all(text),
        }
    }

    /// Takes the bytes that are ready.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::None(bytes) => bytes,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Bzip2(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        })
    }

    /// Ends the file and takes the last bytes.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::None(bytes) => Ok(bytes),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Option<Compression>; 4] =
        [None, Some(Compression::Gzip), Some(Compression::Bzip2), Some(Compression::Zstd)];

    fn compress(text: &[u8], compression: Option<Compression>) -> Vec<u8> {
        let mut compressor = Compressor::new(compression).unwrap();
        let mut bytes = Vec::new();
        for piece in text.chunks(1000) {
            compressor.write(piece).unwrap();
            bytes.extend(compressor.take());
        }
        bytes.extend(compressor.finish().unwrap());
        bytes
    }

    fn text_of(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        decompress(Cursor::new(bytes))?.text.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn every_compression_is_told_by_its_first_bytes_and_read_through_all_members() {
        let text = b"id,name\n1,one\n".repeat(5000);
        for compression in ALL {
            let mut bytes = compress(&text, compression);
            bytes.extend(compress(b"2,two\n", compression));
            assert_eq!(decompress(Cursor::new(bytes.clone())).unwrap().compression, compression);
            assert_eq!(text_of(bytes).unwrap(), [text.as_slice(), b"2,two\n"].concat(), "{compression:?}");
        }
    }

    #[test]
    fn a_cut_file_is_an_error_and_not_a_shorter_one() {
        for compression in &ALL[1..] {
            let mut bytes = compress(&b"id,name\n1,one\n".repeat(5000), *compression);
            bytes.truncate(bytes.len() - 5);
            assert!(text_of(bytes).is_err(), "{compression:?}");
        }
    }

    #[test]
    fn text_that_looks_like_a_compression_stays_text() {
        for text in [&b"BZh9,a\n1,2\n"[..], b"B", b""] {
            assert_eq!(text_of(text.to_vec()).unwrap(), text);
        }
    }

    #[test]
    fn a_compression_that_text_has_not_is_refused_by_name() {
        assert_eq!(Compression::from_name(Some("snappy")).unwrap(), None);
        assert_eq!(Compression::from_name(Some("lz4")).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
