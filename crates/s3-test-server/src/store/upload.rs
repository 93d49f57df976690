//! Multipart uploads that are under way.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumType, CompletedPart, Metadata};
use s3s::{S3ErrorCode, S3Result};

use super::checksum::{composite, given_in, verified};
use super::object::{Object, hex};

/// An upload that is neither completed nor aborted.
#[derive(Clone)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) started: SystemTime,
    pub(super) content_type: Option<String>,
    pub(super) metadata: Option<Metadata>,
    pub(super) checksum_type: Option<ChecksumType>,
    pub(super) parts: BTreeMap<i32, Part>,
}

/// A part of an upload.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Part {
    pub(super) fn of(bytes: Bytes, checksum: Checksum) -> Self {
        Self { md5: Md5::checksum(&bytes), bytes, checksum }
    }

    pub(super) fn etag(&self) -> String {
        hex(&self.md5)
    }
}

impl Upload {
    /// The object of the parts that the caller names.
    ///
    /// # Errors
    /// - `InvalidPartOrder`, `InvalidPart`: the list is not ascending, or names a part that is not there so.
    /// - `EntityTooSmall`: a part other than the last is too small.
    /// - `BadDigest`: the whole has another checksum or size.
    pub(super) fn assemble(
        &self,
        named: &[CompletedPart],
        whole: &Checksum,
        size: Option<i64>,
        min_part_size: u64,
    ) -> S3Result<Object> {
        let mut parts = Vec::new();
        let mut last = 0;
        for named in named {
            let number = named.part_number.unwrap_or_default();
            if number <= last {
                return Err(S3ErrorCode::InvalidPartOrder.into());
            }
            last = number;
            let part = self.parts.get(&number).ok_or(S3ErrorCode::InvalidPart)?;
            if !is_named(part, named) {
                return Err(S3ErrorCode::InvalidPart.into());
            }
            parts.push(part);
        }
        let Some((_, before)) = parts.split_last() else { return Err(S3ErrorCode::MalformedXML.into()) };
        if before.iter().any(|part| (part.bytes.len() as u64) < min_part_size) {
            return Err(S3ErrorCode::EntityTooSmall.into());
        }

        let md5s: Vec<u8> = parts.iter().flat_map(|part| part.md5).collect();
        let etag = format!("{}-{}", hex(&Md5::checksum(&md5s)), parts.len());
        let pieces: Vec<Bytes> = parts.iter().map(|part| part.bytes.clone()).collect();
        let full = self.checksum_type.as_ref().is_some_and(|kind| kind.as_str() == ChecksumType::FULL_OBJECT);
        let checksum = if full {
            verified(pieces.iter(), whole, None)?
        } else {
            composite(&parts.iter().map(|part| &part.checksum).collect::<Vec<_>>())
        };
        let mut object = Object::assembled(pieces, etag, checksum);
        if size.is_some_and(|size| u64::try_from(size) != Ok(object.size)) {
            return Err(S3ErrorCode::InvalidRequest.into());
        }
        object.content_type.clone_from(&self.content_type);
        object.metadata.clone_from(&self.metadata);
        Ok(object)
    }
}

/// Whether a part is the one that the caller means, by its entity tag and every checksum that is given.
fn is_named(part: &Part, named: &CompletedPart) -> bool {
    let given = given_in!(named);
    let agrees = |given: &Option<String>, seen: &Option<String>| given.is_none() || given == seen;
    named.e_tag.as_ref().is_some_and(|etag| etag.value() == part.etag())
        && agrees(&given.checksum_crc32, &part.checksum.checksum_crc32)
        && agrees(&given.checksum_crc32c, &part.checksum.checksum_crc32c)
        && agrees(&given.checksum_crc64nvme, &part.checksum.checksum_crc64nvme)
        && agrees(&given.checksum_sha1, &part.checksum.checksum_sha1)
        && agrees(&given.checksum_sha256, &part.checksum.checksum_sha256)
}
