//! Listings and reads.

use futures::{StreamExt, TryStreamExt};
use publish_core::{ErrorKind, Location, Retry, Storage};
use s3_test_server::{Fault, Operation};

use super::{MIB, at, noise, server, storage};

#[tokio::test]
async fn a_listing_asks_for_a_page_when_it_is_needed() {
    let server = server();
    for i in 0..10_001 {
        server.put("bucket", &format!("many/{i:05}"), "x");
    }
    server.put("bucket", "many-more", "x");
    let storage = storage(&server);
    let mut listed = storage.list(&at("many"));
    assert_eq!(listed.next().await.unwrap().unwrap().location, at("many/00000"));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(listed.try_collect::<Vec<_>>().await.unwrap().len(), 10_000);
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn what_stands_for_a_folder_is_no_file() {
    let server = server();
    for key in ["a/", "a/b/", "a/b/c"] {
        server.put("bucket", key, if key.ends_with('/') { "" } else { "x" });
    }
    let storage = storage(&server);
    let listed: Vec<_> = storage.list(&at("a")).try_collect().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].location, at("a/b/c"));
    storage.delete_folder(&at("a")).await.unwrap();
    assert!(server.keys("bucket").is_empty());
}

#[tokio::test]
async fn a_key_that_no_address_can_name_ends_a_listing() {
    let server = server();
    server.put("bucket", "a/b", "x");
    server.put("bucket", "a//b", "another's");
    let listed: Result<Vec<_>, _> = storage(&server).list(&at("a")).try_collect().await;
    let error = listed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.context().contains(&("key", "a//b".to_owned())));
}

#[tokio::test]
async fn a_listing_whose_page_fails_says_so() {
    let server = server();
    server.put("bucket", "a/b", "x");
    server.inject(Fault::slow_down().on(Operation::ListObjects).every(1));
    let listed: Result<Vec<_>, _> = storage(&server).list(&at("a")).try_collect().await;
    let error = listed.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
    assert_eq!(error.causes(), ["SlowDown: SlowDown"]);
    assert_eq!(server.requests().len(), 8);
    assert!(error.context().iter().any(|(key, _)| *key == "request_id"), "{error}");
}

#[tokio::test]
async fn a_read_goes_on_where_it_broke_off() {
    let server = server();
    let bytes = noise(3 * MIB);
    server.put("bucket", "k", bytes.clone());
    server.inject(Fault::cut_body(MIB as u64).on(Operation::GetObject).times(2));
    let storage = storage(&server);
    let read = storage.read(&at("k"), 10..bytes.len() as u64).await.unwrap();
    assert!(read == bytes[10..]);
    let requests = server.requests();
    let ranges: Vec<_> = requests.iter().map(|request| request.range.clone().unwrap()).collect();
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    assert!(ranges.iter().all(|range| range.ends_with("-3145727")), "{ranges:?}");
    let out: u64 = requests.iter().map(|request| request.bytes_out).sum();
    assert!(out <= bytes.len() as u64 + 2 * MIB as u64, "{out}");
}

#[tokio::test]
async fn a_read_that_always_breaks_off_ends() {
    let server = server();
    server.put("bucket", "k", noise(MIB));
    server.inject(Fault::cut_body(0).on(Operation::GetObject).every(1));
    let stream = storage(&server).stream(&at("k"), 0..MIB as u64).await.unwrap();
    let error = stream.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
    assert_eq!(server.requests().len(), 9);
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_read_is_not_mixed() {
    let server = server();
    server.put("bucket", "k", vec![1; MIB]);
    server.inject(Fault::cut_body(1000).on(Operation::GetObject));
    let mut stream = storage(&server).stream(&at("k"), 0..MIB as u64).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(first.iter().all(|byte| *byte == 1));
    server.put("bucket", "k", vec![2; MIB]);
    let error = stream.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert!(error.message().contains("replaced while it was read"), "{error}");
}

#[tokio::test]
async fn reads_take_no_more_bytes_than_they_give() {
    let server = server();
    server.put("bucket", "k", noise(8 * MIB));
    let storage = storage(&server);
    storage.read(&at("k"), 100..200).await.unwrap();
    storage.head(&at("k")).await.unwrap();
    let out: u64 = server.requests().iter().map(|request| request.bytes_out).sum();
    assert_eq!(out, 100);
}

#[tokio::test]
async fn a_missing_bucket_is_told_as_one() {
    let server = server();
    let folder = Location::parse("s3://no-such-bucket/a").unwrap();
    let listed: Result<Vec<_>, _> = storage(&server).list(&folder).try_collect().await;
    let error = listed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().starts_with("There is no such bucket"), "{error}");
}
