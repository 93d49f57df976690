//! Files brought from one place to another as they are.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{FutureExt, StreamExt, TryStreamExt};
use publish_core::{Error, ErrorKind, FileMeta, Location, Progress, Result, RunContext};

/// Files that are copied side by side. Each holds a chunk or two of its bytes.
const LANES: usize = 4;

/// Copies files, also from one store to another, and answers them in the order of `copies`: from where, and to where.
///
/// Bytes are counted at both ends, and a file that changed meanwhile is an error. Stops when the run is cancelled; what
/// is half written then is not visible.
///
/// # Errors
/// [`BadData`](ErrorKind::BadData), naming the file, if it changed or fewer bytes arrived;
/// [`Cancelled`](ErrorKind::Cancelled); those of the storages.
pub async fn copy_files(copies: &[(FileMeta, Location)], run: &RunContext) -> Result<Vec<FileMeta>> {
    let total = copies.iter().map(|(from, _)| from.size).sum();
    let copied = AtomicU64::new(0);
    let told = |bytes: usize| {
        let bytes = copied.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        run.progress(Progress::new(0, bytes).of(None, Some(total)));
    };
    let copying = copies.iter().map(|(from, to)| copy_file(from, to, run, &told).boxed()).collect::<Vec<_>>();
    let copying = futures::stream::iter(copying).buffered(LANES).try_collect();
    tokio::select! {
        biased;
        () = run.cancelled() => Err(RunContext::cancelled_error()),
        copied = copying => copied,
    }
}

async fn copy_file(
    from: &FileMeta,
    to: &Location,
    run: &RunContext,
    told: &(dyn Fn(usize) + Sync),
) -> Result<FileMeta> {
    let storages = run.storages();
    let source = storages.at(&from.location)?;
    let mut writer = storages.at(to)?.create(to).await?;
    if from.size > 0 {
        let mut bytes = source.stream(&from.location, 0..from.size).await?;
        while let Some(chunk) = bytes.try_next().await? {
            let len = chunk.len();
            writer.write(chunk).await?;
            told(len);
        }
    }
    let now = source.head(&from.location).await?;
    if now.size != from.size || now.version != from.version {
        writer.abort().await?;
        return Err(changed(from));
    }
    let written = writer.finish().await?;
    if written.size != from.size {
        return Err(changed(from).with_context("copied", written.size).with_context("size", from.size));
    }
    Ok(written)
}

pub(super) fn changed(file: &FileMeta) -> Error {
    Error::new(
        ErrorKind::BadData,
        "The file changed while it was copied; publish again when the job has ended",
    )
    .with_context("file", &file.location)
}
