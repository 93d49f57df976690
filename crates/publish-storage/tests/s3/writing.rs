//! Writing and deleting.

use std::time::Duration;

use bytes::Bytes;
use publish_core::{ErrorKind, FileWriter, Retry, Storage};
use publish_storage::S3Storage;
use s3_test_server::{Fault, Operation, S3TestServer};

use super::{MIB, at, config, noise, server, storage, write};

/// A store that sends parts of 5 MiB, the least that S3 takes.
fn in_parts(server: &S3TestServer) -> S3Storage {
    S3Storage::new(config(server).with_part_size(5 * MIB)).unwrap()
}

fn count(server: &S3TestServer, operation: Operation) -> usize {
    server.requests().iter().filter(|request| request.operation == operation).count()
}

#[tokio::test]
async fn a_small_file_is_one_put_and_a_large_one_goes_in_parts() {
    let server = server();
    let storage = in_parts(&server);
    let small = write(&storage, "small", noise(4 * MIB)).await.unwrap();
    assert_eq!(count(&server, Operation::PutObject), 1);
    assert_eq!(count(&server, Operation::CreateMultipartUpload), 0);
    let bytes = noise(12 * MIB);
    let large = write(&storage, "large", bytes.clone()).await.unwrap();
    assert_eq!(count(&server, Operation::UploadPart), 3);
    assert_eq!(count(&server, Operation::CompleteMultipartUpload), 1);
    assert!(server.get("bucket", "large").unwrap() == bytes);
    assert!(large.version.as_ref().unwrap().ends_with("-3"), "{large:?}");
    assert_eq!(storage.head(&at("small")).await.unwrap(), small);
    assert_eq!(storage.head(&at("large")).await.unwrap(), large);
}

#[tokio::test]
async fn no_more_parts_wait_in_memory_than_there_are_lanes() {
    let server = server();
    server.inject(Fault::delay(Duration::from_secs(3600)).on(Operation::UploadPart).every(1));
    let storage = in_parts(&server);
    let mut writer = storage.create(&at("k")).await.unwrap();
    for _ in 0..4 {
        writer.write(Bytes::from(vec![1; 5 * MIB])).await.unwrap();
    }
    let fifth = writer.write(Bytes::from(vec![1; 5 * MIB]));
    assert!(tokio::time::timeout(Duration::from_millis(300), fifth).await.is_err());
    // A writer that was left in the middle of a call can't go on: nobody knows what was taken.
    assert_eq!(writer.write(Bytes::from_static(b"x")).await.unwrap_err().kind(), ErrorKind::Unexpected);
    assert!(writer.finish().await.is_err());
    assert!(server.keys("bucket").is_empty());
}

#[tokio::test]
async fn of_two_large_files_of_one_name_one_finishes() {
    let server = server();
    let storage = in_parts(&server);
    let mut writers = Vec::new();
    for byte in [1, 2] {
        let mut writer = storage.create(&at("k")).await.unwrap();
        writer.write(vec![byte; 6 * MIB].into()).await.unwrap();
        writers.push(writer);
    }
    let finished = futures::future::join_all(writers.into_iter().map(FileWriter::finish)).await;
    let winners: Vec<bool> = finished.iter().map(Result::is_ok).collect();
    assert_eq!(winners.iter().filter(|won| **won).count(), 1);
    let loser = finished.into_iter().find_map(Result::err).unwrap();
    assert_eq!(loser.kind(), ErrorKind::AlreadyExists);
    let byte = if winners[0] { 1 } else { 2 };
    assert!(server.get("bucket", "k").unwrap() == vec![byte; 6 * MIB]);
    assert!(server.uploads("bucket").is_empty());
}

#[tokio::test]
async fn a_lost_answer_does_not_hide_that_the_file_is_there() {
    let server = server();
    for fault in [Fault::lost_answer(), Fault::reset_after_the_work()] {
        server.inject(fault.clone().on(Operation::PutObject));
        server.inject(fault.on(Operation::CompleteMultipartUpload));
        let storage = in_parts(&server);
        for size in [10, 6 * MIB] {
            let bytes = noise(size);
            let file = write(&storage, "k", bytes.clone()).await.unwrap();
            assert!(server.get("bucket", "k").unwrap() == bytes);
            assert_eq!(storage.head(&at("k")).await.unwrap(), file);
            storage.delete(&at("k")).await.unwrap();
        }
        server.heal();
    }
}

#[tokio::test]
async fn the_file_of_somebody_else_is_not_taken_for_the_own_one() {
    let server = server();
    let storage = storage(&server);
    let mut writer = storage.create(&at("k")).await.unwrap();
    writer.write(Bytes::from_static(b"same bytes")).await.unwrap();
    // Another's file comes between, and the own put never gets an answer that tells.
    server.put("bucket", "k", "same bytes");
    server.inject(Fault::internal_error().on(Operation::PutObject).every(1));
    assert_eq!(writer.finish().await.unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_file_of_which_nothing_is_known_is_in_doubt() {
    let server = server();
    let storage = storage(&server);
    let mut writer = storage.create(&at("k")).await.unwrap();
    writer.write(Bytes::from_static(b"x")).await.unwrap();
    server.inject(Fault::reset().every(1));
    let error = writer.finish().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::InDoubt));
}

#[tokio::test]
async fn two_puts_in_each_others_way_are_made_again() {
    let server = server();
    server.inject(Fault::answer(409, "ConditionalRequestConflict").on(Operation::PutObject).times(3));
    write(&storage(&server), "k", "x").await.unwrap();
    assert_eq!(count(&server, Operation::PutObject), 4);
}

#[tokio::test]
async fn a_dropped_writer_throws_its_upload_away() {
    let server = server();
    let storage = in_parts(&server);
    let mut writer = storage.create(&at("k")).await.unwrap();
    writer.write(noise(6 * MIB).into()).await.unwrap();
    assert_eq!(server.uploads("bucket"), ["k"]);
    drop(writer);
    tokio::time::timeout(Duration::from_secs(30), async {
        while !server.uploads("bucket").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert!(server.keys("bucket").is_empty());
}

#[tokio::test]
async fn an_upload_whose_part_fails_is_thrown_away() {
    let server = server();
    server.inject(Fault::answer(403, "AccessDenied").on(Operation::UploadPart).nth(2));
    let error = write(&in_parts(&server), "k", noise(11 * MIB)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.context().contains(&("permission", "s3:PutObject".to_owned())), "{error}");
    assert!(server.keys("bucket").is_empty());
    assert!(server.uploads("bucket").is_empty());
}

#[tokio::test]
async fn a_folder_is_deleted_by_the_thousand_with_its_unfinished_uploads() {
    let server = server();
    for i in 0..2500 {
        server.put("bucket", &format!("run-1/{i}"), "x");
    }
    server.put("bucket", "run-1//odd", "x");
    server.put("bucket", "run-10/a", "x");
    let storage = in_parts(&server);
    for key in ["run-1/left", "run-10/left"] {
        let mut writer = storage.create(&at(key)).await.unwrap();
        writer.write(noise(6 * MIB).into()).await.unwrap();
        // As a killed process leaves it.
        std::mem::forget(writer);
    }
    storage.delete_folder(&at("run-1")).await.unwrap();
    assert_eq!(server.keys("bucket"), ["run-10/a"]);
    assert_eq!(server.uploads("bucket"), ["run-10/left"]);
    assert_eq!(count(&server, Operation::DeleteObjects), 3);
    assert_eq!(count(&server, Operation::DeleteObject), 0);
}

#[tokio::test]
async fn a_folder_is_deleted_also_without_the_right_to_see_uploads() {
    let server = server();
    server.put("bucket", "run-1/a", "x");
    server.inject(Fault::answer(403, "AccessDenied").on(Operation::ListMultipartUploads).every(1));
    storage(&server).delete_folder(&at("run-1")).await.unwrap();
    assert!(server.keys("bucket").is_empty());
}

#[tokio::test]
async fn a_whole_bucket_is_not_deleted() {
    let server = server();
    server.put("bucket", "a", "x");
    let error = storage(&server).delete_folder(&at("")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(server.keys("bucket"), ["a"]);
}
