//! Data nodes that die while files are read and written.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{Location, Result, Storage};
use publish_storage::HdfsStorage;
use tokio::sync::Barrier;

use crate::cluster::{Cluster, Folder};
use crate::writing::pattern;

const FILES: u64 = 6;
const CHUNK: usize = 1 << 20;
const CHUNKS: usize = 24;
const SIZE: usize = CHUNK * CHUNKS;

/// Three data nodes, three copies of each block, and in the end one node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_is_whole_and_every_write_is_whole_or_an_error_while_data_nodes_die() {
    let Some(cluster) = Cluster::own(3) else { return };
    let folder = Folder::new(&cluster).await;
    let storage = cluster.storage("alice");

    let half_way = Arc::new(Barrier::new(FILES as usize + 1));
    let writers: Vec<_> = (0..FILES)
        .map(|seed| {
            let at = folder.file(&format!("file-{seed}"));
            tokio::spawn(write(storage.clone(), at, seed, Arc::clone(&half_way)))
        })
        .collect();
    half_way.wait().await;
    let cluster = Arc::new(cluster);
    stop(&cluster, 0).await;
    let mut written = Vec::new();
    for (seed, writer) in writers.into_iter().enumerate() {
        let at = folder.file(&format!("file-{seed}"));
        match writer.await.unwrap() {
            Ok(()) => written.push((seed as u64, at)),
            Err(error) => {
                eprintln!("file-{seed} was not written: {error}");
                assert!(storage.head(&at).await.is_err(), "a file that failed is there");
            }
        }
    }
    assert!(!written.is_empty(), "no file was written");
    eprintln!("{} of {FILES} files were written while a data node died", written.len());

    let half_way = Arc::new(Barrier::new(written.len() + 1));
    let readers: Vec<_> = written
        .iter()
        .map(|(seed, at)| tokio::spawn(read(storage.clone(), at.clone(), *seed, Arc::clone(&half_way))))
        .collect();
    half_way.wait().await;
    stop(&cluster, 1).await;
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
    for (seed, at) in &written {
        assert!(storage.read(at, 0..SIZE as u64).await.unwrap() == pattern(*seed, SIZE), "{at}");
    }
}

async fn write(storage: HdfsStorage, at: Location, seed: u64, half_way: Arc<Barrier>) -> Result<()> {
    let bytes = Bytes::from(pattern(seed, SIZE));
    let mut writer = storage.create(&at).await?;
    for i in 0..CHUNKS {
        if i == CHUNKS / 2 {
            half_way.wait().await;
        }
        writer.write(bytes.slice(i * CHUNK..(i + 1) * CHUNK)).await?;
    }
    assert_eq!(writer.finish().await?.size, SIZE as u64);
    Ok(())
}

async fn read(storage: HdfsStorage, at: Location, seed: u64, half_way: Arc<Barrier>) -> Result<()> {
    let bytes = pattern(seed, SIZE);
    let mut stream = storage.stream(&at, 0..SIZE as u64).await?;
    let mut seen = 0;
    let mut is_half_way = false;
    while let Some(chunk) = stream.try_next().await? {
        assert!(chunk == bytes[seen..seen + chunk.len()], "{at} differs at {seen}");
        seen += chunk.len();
        if !is_half_way && seen > SIZE / 3 {
            is_half_way = true;
            half_way.wait().await;
        }
    }
    assert_eq!(seen, SIZE, "{at}");
    Ok(())
}

async fn stop(cluster: &Arc<Cluster>, number: usize) {
    let cluster = Arc::clone(cluster);
    tokio::task::spawn_blocking(move || cluster.stop_data_node(number)).await.unwrap();
}
