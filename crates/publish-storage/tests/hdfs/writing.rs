//! Files that are written, and those that are given up.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use publish_core::{ErrorKind, Location, Storage};

use crate::cluster::{Cluster, Folder};

/// Writes a file at once.
pub(crate) async fn put(storage: &dyn Storage, at: &Location, bytes: &[u8]) -> Location {
    let mut writer = storage.create(at).await.unwrap();
    writer.write(Bytes::copy_from_slice(bytes)).await.unwrap();
    let file = writer.finish().await.unwrap();
    assert_eq!((file.size, &file.location), (bytes.len() as u64, at));
    at.clone()
}

/// Bytes that differ from any shifted copy of themselves and from those of another seed.
pub(crate) fn pattern(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(size / 8 + 1).flatten().take(size).collect()
}

/// Waits until nothing is left of what was given up: its task removes it a moment later.
async fn is_soon_empty(folder: &Folder) {
    for _ in 0..200 {
        if folder.paths().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} is left", folder.paths().await);
}

/// Polls a future a few times, with pauses, and drops it.
async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if future.as_mut().now_or_never().is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_writer_that_is_given_up_at_any_moment_leaves_no_hidden_file() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let storage = cluster.storage("alice");
    for polls in 0..12 {
        let at = folder.file(&format!("created-{polls}"));
        poll_and_drop(storage.create(&at), polls).await;
        let at = folder.file(&format!("written-{polls}"));
        let mut writer = storage.create(&at).await.unwrap();
        poll_and_drop(writer.write(pattern(1, 2_000_000).into()), polls).await;
        drop(writer);
    }
    let mut writer = storage.create(&folder.file("aborted")).await.unwrap();
    writer.write(pattern(1, 100_000).into()).await.unwrap();
    assert!(folder.paths().await.iter().any(|path| path.starts_with(".publish-")));
    writer.abort().await.unwrap();
    is_soon_empty(&folder).await;
    folder.remove().await;
}

#[tokio::test]
async fn a_finish_that_is_given_up_leaves_the_whole_file_or_none() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let storage = cluster.storage("alice");
    for polls in 0..30 {
        let at = folder.file(&format!("file-{polls}"));
        let mut writer = storage.create(&at).await.unwrap();
        writer.write(pattern(polls as u64, 300_000).into()).await.unwrap();
        poll_and_drop(writer.finish(), polls).await;
    }
    // What was given up is removed a moment later.
    for _ in 0..200 {
        if !folder.paths().await.iter().any(|path| path.starts_with(".publish-")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for path in folder.paths().await {
        let seed = path.strip_prefix("file-").unwrap_or_else(|| panic!("{path} is left")).parse().unwrap();
        let seen = storage.read(&folder.file(&path), 0..300_000).await.unwrap();
        assert!(seen == pattern(seed, 300_000), "{path}");
    }
    folder.remove().await;
}

#[tokio::test]
async fn a_write_after_one_that_was_given_up_is_refused() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let mut writer = cluster.storage("alice").create(&folder.file("file")).await.unwrap();
    poll_and_drop(writer.write(pattern(1, 8_000_000).into()), 1).await;
    let error = writer.write(Bytes::from_static(b"more")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected, "{error:?}");
    assert!(writer.finish().await.is_err());
    is_soon_empty(&folder).await;
    folder.remove().await;
}

#[tokio::test]
async fn a_file_whose_folder_is_deleted_meanwhile_is_not_finished() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let storage = cluster.storage("alice");
    let mut writer = storage.create(&folder.file("job/file")).await.unwrap();
    writer.write(pattern(1, 200_000).into()).await.unwrap();
    storage.delete_folder(&folder.file("job")).await.unwrap();
    let error = writer.finish().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::NotFound), "{error:?}");
    assert!(folder.paths().await.is_empty());
    folder.remove().await;
}
