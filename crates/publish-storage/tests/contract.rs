//! Both storages keep the contract.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use publish_core::{Location, Storage};
use publish_storage::{FileStorage, MemoryStorage};
use publish_testkit::storage::check_all;

/// So few blocking threads that a store which keeps some of them would come to a stop.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

fn check(storage: &dyn Storage, scratch: &str) {
    let scratch = Location::parse(scratch).unwrap();
    runtime().block_on(check_all(storage, &scratch)).unwrap_or_else(|violation| panic!("{violation}"));
}

#[test]
fn files_on_a_disk_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = format!("file://{}/scratch", folder.path().display());
    check(&FileStorage::default(), &scratch);
}

#[test]
fn files_within_a_folder_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = format!("file://{}/scratch", folder.path().display());
    check(&FileStorage::within(folder.path()).unwrap(), &scratch);
}

#[test]
fn files_in_memory_keep_the_contract() {
    check(&MemoryStorage::default(), "mem:///scratch");
}
