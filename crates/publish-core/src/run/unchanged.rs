//! Whether a result file is still the one that was looked at.

use crate::{Error, ErrorKind, FileMeta, Result, Storages};

/// Fails if the file is another one than when it was looked at: by its size, and by its version where its storage tells
/// versions. Costs one `head`, whatever the file's size.
///
/// It is made at two moments:
/// - by the engine before a step that hands the result files themselves to the target, which reads them where they are:
///   of such bytes the engine sees none. What changes while the target reads is the target's to notice;
/// - by [`ResultReader`](super::ResultReader) after each part that it has read: then the file was the same one for all the
///   time since it was looked at, so that those are its bytes. The batches are on their way by then, but the stream that
///   brings them ends in the error, and nothing is committed of a stream that failed.
pub(crate) async fn check_unchanged(seen: &FileMeta, storages: &Storages) -> Result<()> {
    let now = storages.at(&seen.location)?.head(&seen.location).await?;
    let is_same_version = match (&seen.version, &now.version) {
        (Some(seen), Some(now)) => seen == now,
        _ => true,
    };
    if is_same_version && seen.size == now.size {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::BadData,
        "The file was changed after it was looked at; publish again when nobody writes to it any more",
    )
    .with_context("file", &seen.location))
}
