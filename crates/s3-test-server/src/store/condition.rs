//! Conditions on reading and writing.

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3ErrorCode, S3Result};

use super::object::Object;

/// Checks what a read asks for first.
pub(super) fn may_read(
    object: &Object,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result {
    if if_match.is_some_and(|condition| !holds(condition, object)) {
        return Err(S3ErrorCode::PreconditionFailed.into());
    }
    if if_none_match.is_some_and(|condition| holds(condition, object)) {
        return Err(S3ErrorCode::NotModified.into());
    }
    Ok(())
}

/// Checks what a write asks for first.
pub(super) fn may_write(
    there: Option<&Object>,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result {
    if let Some(condition) = if_match {
        let object = there.ok_or(S3ErrorCode::NoSuchKey)?;
        if !holds(condition, object) {
            return Err(S3ErrorCode::PreconditionFailed.into());
        }
    }
    match (if_none_match, there) {
        (Some(condition), Some(object)) if holds(condition, object) => {
            Err(S3ErrorCode::PreconditionFailed.into())
        }
        _ => Ok(()),
    }
}

fn holds(condition: &ETagCondition, object: &Object) -> bool {
    condition.is_any() || condition.as_etag().is_some_and(|etag| etag.value() == object.etag)
}

/// When an object was made, as answers tell it.
pub(super) fn modified(object: &Object) -> Timestamp {
    Timestamp::from(object.modified)
}
