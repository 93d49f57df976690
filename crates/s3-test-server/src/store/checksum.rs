//! Checksums that callers give, and what the bytes really have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::{Checksum, ChecksumType};
use s3s::{S3ErrorCode, S3Result, TrailingHeaders};

/// Takes the checksums of a request's input, which are fields of one name in each of them.
macro_rules! given_in {
    ($input:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.clone(),
            checksum_crc32c: $input.checksum_crc32c.clone(),
            checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
            checksum_sha1: $input.checksum_sha1.clone(),
            checksum_sha256: $input.checksum_sha256.clone(),
            ..Default::default()
        }
    };
}
pub(super) use given_in;

/// Sets the checksums of an answer.
macro_rules! tell_in {
    ($output:expr, $checksum:expr) => {{
        let checksum = $checksum;
        $output.checksum_crc32 = checksum.checksum_crc32;
        $output.checksum_crc32c = checksum.checksum_crc32c;
        $output.checksum_crc64nvme = checksum.checksum_crc64nvme;
        $output.checksum_sha1 = checksum.checksum_sha1;
        $output.checksum_sha256 = checksum.checksum_sha256;
        $output.checksum_type = checksum.checksum_type;
    }};
}
pub(super) use tell_in;

/// Adds the checksums that came after the body.
pub(super) fn add_trailers(given: &mut Checksum, trailers: Option<&TrailingHeaders>) {
    let Some(trailers) = trailers else { return };
    trailers.read(|headers| {
        let read = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let slots = [
            ("x-amz-checksum-crc32", &mut given.checksum_crc32),
            ("x-amz-checksum-crc32c", &mut given.checksum_crc32c),
            ("x-amz-checksum-crc64nvme", &mut given.checksum_crc64nvme),
            ("x-amz-checksum-sha1", &mut given.checksum_sha1),
            ("x-amz-checksum-sha256", &mut given.checksum_sha256),
        ];
        for (name, slot) in slots {
            if slot.is_none() {
                *slot = read(name);
            }
        }
    });
}

/// The checksums of `pieces` by every algorithm that `given` names, if they are the given ones.
///
/// # Errors
/// `BadDigest` if they differ.
pub(super) fn verified<'a>(
    pieces: impl Iterator<Item = &'a Bytes>,
    given: &Checksum,
    content_md5: Option<&str>,
) -> S3Result<Checksum> {
    let mut hasher = hasher_of(given);
    let mut md5 = content_md5.map(|_| Md5::new());
    for piece in pieces {
        hasher.update(piece);
        if let Some(md5) = &mut md5 {
            md5.update(piece);
        }
    }
    let seen = hasher.finalize();
    let md5 = md5.map(|md5| STANDARD.encode(md5.finalize()));
    if seen != (Checksum { checksum_type: None, ..given.clone() }) || md5.as_deref() != content_md5 {
        return Err(S3ErrorCode::BadDigest.into());
    }
    Ok(Checksum { checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)), ..seen })
}

/// The checksum of the parts' checksums, by the algorithms that all of them have: `<checksum>-<parts>`.
pub(super) fn composite(parts: &[&Checksum]) -> Checksum {
    let all = |field: fn(&Checksum) -> &Option<String>| {
        parts.iter().map(|part| field(part).as_deref().and_then(|text| STANDARD.decode(text).ok())).collect()
    };
    let of = |sums: Option<Vec<Vec<u8>>>, hash: fn(&[u8]) -> Vec<u8>| {
        sums.map(|sums| format!("{}-{}", STANDARD.encode(hash(&sums.concat())), parts.len()))
    };
    Checksum {
        checksum_crc32: of(all(|part| &part.checksum_crc32), |sums| Crc32::checksum(sums).to_vec()),
        checksum_crc32c: of(all(|part| &part.checksum_crc32c), |sums| Crc32c::checksum(sums).to_vec()),
        checksum_sha1: of(all(|part| &part.checksum_sha1), |sums| Sha1::checksum(sums).to_vec()),
        checksum_sha256: of(all(|part| &part.checksum_sha256), |sums| Sha256::checksum(sums).to_vec()),
        checksum_crc64nvme: None,
        checksum_type: Some(ChecksumType::from_static(ChecksumType::COMPOSITE)),
    }
}

fn hasher_of(given: &Checksum) -> ChecksumHasher {
    ChecksumHasher {
        crc32: given.checksum_crc32.as_ref().map(|_| Crc32::new()),
        crc32c: given.checksum_crc32c.as_ref().map(|_| Crc32c::new()),
        sha1: given.checksum_sha1.as_ref().map(|_| Sha1::new()),
        sha256: given.checksum_sha256.as_ref().map(|_| Sha256::new()),
        crc64nvme: given.checksum_crc64nvme.as_ref().map(|_| Crc64Nvme::new()),
    }
}
