//! An object: bytes that never change, and what is known of them.

use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ETag, Metadata};

/// An object. A new one of the same key takes its place; readers of the old one go on.
#[derive(Clone)]
pub(super) struct Object {
    /// In the pieces they came in, so that an upload is completed without copying.
    pub(super) pieces: Vec<Bytes>,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) modified: SystemTime,
    pub(super) content_type: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) checksum: Checksum,
}

impl Object {
    /// An object of one piece.
    pub(super) fn of(bytes: Bytes, checksum: Checksum) -> Self {
        let etag = hex(&Md5::checksum(&bytes));
        Self::assembled(vec![bytes], etag, checksum)
    }

    pub(super) fn assembled(pieces: Vec<Bytes>, etag: String, checksum: Checksum) -> Self {
        Self {
            size: pieces.iter().map(|piece| piece.len() as u64).sum(),
            pieces,
            etag,
            modified: SystemTime::now(),
            content_type: None,
            metadata: None,
            checksum,
        }
    }

    pub(super) fn etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }

    /// The bytes of a range, which must be within the object, in pieces that share the object's memory.
    pub(super) fn slice(&self, range: &Range<u64>) -> Vec<Bytes> {
        let mut start = 0;
        let mut slices = Vec::new();
        for piece in &self.pieces {
            let end = start + piece.len() as u64;
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                slices.push(piece.slice((from - start) as usize..(to - start) as usize));
            }
            start = end;
        }
        slices
    }
}

/// Bytes as lower-case digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_across_pieces() {
        let pieces = ["abc", "", "de", "f"].map(|piece| Bytes::from_static(piece.as_bytes())).to_vec();
        let object = Object::assembled(pieces, "x".to_owned(), Checksum::default());
        assert_eq!(object.size, 6);
        for (start, end, wanted) in [(0, 6, "abcdef"), (2, 4, "cd"), (3, 5, "de"), (5, 6, "f"), (2, 2, "")] {
            assert_eq!(object.slice(&(start..end)).concat(), wanted.as_bytes());
        }
    }

    #[test]
    fn an_etag_is_the_md5_of_the_bytes() {
        let object = Object::of(Bytes::new(), Checksum::default());
        assert_eq!(object.etag, "d41d8cd98f00b204e9800998ecf8427e");
    }
}
