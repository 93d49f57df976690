//! Reading files of several blocks.

use bytes::Bytes;
use futures::TryStreamExt;
use hdfs_native::WriteOptions;
use publish_core::{ErrorKind, Storage};

use crate::cluster::{Cluster, Folder};
use crate::writing::pattern;

#[tokio::test]
async fn ranges_go_over_the_ends_of_blocks() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let at = folder.file("blocks");
    let (block, bytes) = (1 << 20, pattern(5, 3 * (1 << 20) + 7));
    let options = WriteOptions::default().block_size(block as u64);
    let mut file = cluster.client("alice").create(at.path(), options).await.unwrap();
    Box::pin(file.write_bytes(Bytes::from(bytes.clone()))).await.unwrap();
    Box::pin(file.close()).await.unwrap();

    let storage = cluster.storage("alice");
    let ends = [0, 1, block - 1, block, block + 1, 2 * block, 3 * block, bytes.len() - 1, bytes.len()];
    for start in ends {
        for end in ends.into_iter().filter(|end| *end >= start) {
            let seen = storage.read(&at, start as u64..end as u64).await.unwrap();
            assert!(seen == bytes[start..end], "{start}..{end}");
        }
    }
    let stream = storage.stream(&at, 1..bytes.len() as u64).await.unwrap();
    assert!(stream.try_collect::<Vec<_>>().await.unwrap().concat() == bytes[1..]);
    let error = storage.read(&at, 0..bytes.len() as u64 + 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    folder.remove().await;
}

#[tokio::test]
async fn a_listing_goes_on_after_its_first_page() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = Folder::new(cluster).await;
    let client = cluster.client("alice");
    // The name node tells a thousand names at once.
    let make = |i: u32| {
        let (client, path) = (client.clone(), folder.file(&format!("many/{i}")).path().to_owned());
        async move { Box::pin(client.create(&path, WriteOptions::default()).await?.close()).await }
    };
    for chunk in (0..1100).collect::<Vec<_>>().chunks(50) {
        futures::future::try_join_all(chunk.iter().map(|i| make(*i))).await.unwrap();
    }
    let listed: Vec<_> = cluster.storage("alice").list(&folder.at).try_collect().await.unwrap();
    assert_eq!(listed.len(), 1100);
    folder.remove().await;
}
