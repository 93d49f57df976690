//! HDFS keeps the contract, on a real one.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod cluster;
mod failing_nodes;
mod names;
mod reading;
mod writing;

use cluster::{Cluster, Folder};
use publish_testkit::storage::check_all;

/// So few blocking threads that a store which keeps some of them would come to a stop.
#[test]
fn files_on_hdfs_keep_the_contract() {
    let Some(cluster) = Cluster::shared() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = Folder::new(cluster).await;
        let checked = check_all(&cluster.storage("alice"), &folder.at).await;
        folder.remove().await;
        checked.unwrap_or_else(|violation| panic!("{violation}"));
    });
}
