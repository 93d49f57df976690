//! The server as Amazon's own client finds it.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod client;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier,
};
use client::{client, code};
use s3_test_server::{ACCESS_KEY, Operation, S3TestServer, Settings};

const MIB: usize = 1024 * 1024;

fn server() -> S3TestServer {
    S3TestServer::start(Settings::default().with_bucket("bucket").with_page_limit(2)).unwrap()
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let server = server();
    let s3 = client(&server);
    let put = s3
        .put_object()
        .bucket("bucket")
        .key("a b/ü%20+")
        .content_type("text/csv")
        .metadata("run", "7")
        .body(ByteStream::from_static(b"id\n1\n"))
        .send()
        .await
        .unwrap();
    assert_eq!(server.get("bucket", "a b/ü%20+").unwrap(), b"id\n1\n");
    let get = s3.get_object().bucket("bucket").key("a b/ü%20+").send().await.unwrap();
    assert_eq!(get.content_type(), Some("text/csv"));
    assert_eq!(get.metadata().unwrap()["run"], "7");
    assert_eq!(get.e_tag(), put.e_tag());
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "id\n1\n");
    let head = s3.head_object().bucket("bucket").key("a b/ü%20+").send().await.unwrap();
    assert_eq!(head.content_length(), Some(5));
}

#[tokio::test]
async fn keys_are_not_files() {
    let server = server();
    let s3 = client(&server);
    for key in ["p", "p/x", "p//x", "p/", "p/x/"] {
        let body = ByteStream::from(key.as_bytes().to_vec());
        s3.put_object().bucket("bucket").key(key).body(body).send().await.unwrap();
    }
    assert_eq!(server.keys("bucket"), ["p", "p/", "p//x", "p/x", "p/x/"]);
    let get = s3.get_object().bucket("bucket").key("p//x").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "p//x");
}

#[tokio::test]
async fn a_listing_has_pages_prefixes_and_delimiters() {
    let server = server();
    for key in ["a/1", "a/2", "a/3/x", "a/3/y", "ab", "a/4", "a/<&>"] {
        server.put("bucket", key, "x");
    }
    let s3 = client(&server);
    let mut keys = Vec::new();
    let mut pages = s3.list_objects_v2().bucket("bucket").prefix("a/").into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        count += 1;
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(keys, ["a/1", "a/2", "a/3/x", "a/3/y", "a/4", "a/<&>"]);
    assert_eq!(count, 3);
    let page = s3
        .list_objects_v2()
        .bucket("bucket")
        .prefix("a/")
        .delimiter("/")
        .start_after("a/2")
        .send()
        .await
        .unwrap();
    assert_eq!(page.common_prefixes()[0].prefix(), Some("a/3/"));
    assert_eq!(page.contents()[0].key(), Some("a/4"));
    assert_eq!(page.is_truncated(), Some(true));
}

#[tokio::test]
async fn a_range_is_read_exactly() {
    let server = server();
    server.put("bucket", "k", "0123456789");
    let s3 = client(&server);
    for (range, wanted) in
        [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89"), ("bytes=8-99", "89")]
    {
        let get = s3.get_object().bucket("bucket").key("k").range(range).send().await.unwrap();
        assert_eq!(get.body.collect().await.unwrap().into_bytes(), wanted);
    }
    let error = s3.get_object().bucket("bucket").key("k").range("bytes=10-12").send().await.unwrap_err();
    assert_eq!(code(&error), "InvalidRange");
}

#[tokio::test]
async fn conditions_hold() {
    let server = server();
    let s3 = client(&server);
    let put = || s3.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"x"));
    let etag = put().if_none_match("*").send().await.unwrap().e_tag.unwrap();
    assert_eq!(code(&put().if_none_match("*").send().await.unwrap_err()), "PreconditionFailed");
    assert_eq!(code(&put().if_match("\"other\"").send().await.unwrap_err()), "PreconditionFailed");
    put().if_match(&etag).send().await.unwrap();
    let get = || s3.get_object().bucket("bucket").key("k");
    get().if_match(&etag).send().await.unwrap();
    assert_eq!(code(&get().if_match("\"other\"").send().await.unwrap_err()), "PreconditionFailed");
    assert!(get().if_none_match(&etag).send().await.is_err());
}

#[tokio::test]
async fn checksums_are_checked_and_told() {
    let server = server();
    let s3 = client(&server);
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put = s3.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"hello"));
        put.checksum_algorithm(algorithm).send().await.unwrap();
        let get = s3.get_object().bucket("bucket").key("k").send().await.unwrap();
        assert_eq!(get.body.collect().await.unwrap().into_bytes(), "hello");
    }
    let wrong = s3.put_object().bucket("bucket").key("wrong").checksum_crc32("AAAAAA==");
    let error = wrong.body(ByteStream::from_static(b"hello")).send().await.unwrap_err();
    assert_eq!(code(&error), "BadDigest");
    assert_eq!(server.keys("bucket"), ["k"]);
}

#[tokio::test]
async fn an_upload_is_visible_once_it_is_completed() {
    let server = server();
    let s3 = client(&server);
    let start = s3.create_multipart_upload().bucket("bucket").key("k");
    let start = start.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.unwrap();
    let id = start.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 * MIB), (2, 7)] {
        let body = ByteStream::from(vec![number as u8; size]);
        let part = s3.upload_part().bucket("bucket").key("k").upload_id(id).part_number(number);
        let part = part.checksum_algorithm(ChecksumAlgorithm::Crc32).body(body).send().await.unwrap();
        let done = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
        parts.push(done.set_checksum_crc32(part.checksum_crc32).build());
    }
    assert!(server.keys("bucket").is_empty());
    assert_eq!(server.uploads("bucket"), ["k"]);
    let listed = s3.list_parts().bucket("bucket").key("k").upload_id(id).send().await.unwrap();
    assert_eq!(listed.parts().len(), 2);

    let complete = |parts: Vec<CompletedPart>| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        s3.complete_multipart_upload().bucket("bucket").key("k").upload_id(id).multipart_upload(upload)
    };
    let swapped = parts.iter().rev().cloned().collect();
    assert_eq!(code(&complete(swapped).send().await.unwrap_err()), "InvalidPartOrder");
    let mut false_part = parts.clone();
    false_part[1] = CompletedPart::builder().part_number(2).e_tag("\"x\"").build();
    assert_eq!(code(&complete(false_part).send().await.unwrap_err()), "InvalidPart");

    server.put("bucket", "k", "another's");
    let taken = complete(parts.clone()).if_none_match("*").send().await.unwrap_err();
    assert_eq!(code(&taken), "PreconditionFailed");
    s3.delete_object().bucket("bucket").key("k").send().await.unwrap();
    let done = complete(parts).if_none_match("*").send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    assert_eq!(server.get("bucket", "k").unwrap().len(), 5 * MIB + 7);
    assert!(server.uploads("bucket").is_empty());
    let get = s3.get_object().bucket("bucket").key("k").range("bytes=5242879-5242881").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes().as_ref(), [1, 2, 2]);
}

#[tokio::test]
async fn small_parts_are_refused_but_for_the_last() {
    let server = server();
    let s3 = client(&server);
    let start = s3.create_multipart_upload().bucket("bucket").key("k").send().await.unwrap();
    let id = start.upload_id().unwrap();
    let mut parts = Vec::new();
    for number in [1, 2] {
        let part = s3.upload_part().bucket("bucket").key("k").upload_id(id).part_number(number);
        let part = part.body(ByteStream::from_static(b"small")).send().await.unwrap();
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete =
        s3.complete_multipart_upload().bucket("bucket").key("k").upload_id(id).multipart_upload(upload);
    assert_eq!(code(&complete.send().await.unwrap_err()), "EntityTooSmall");
    s3.abort_multipart_upload().bucket("bucket").key("k").upload_id(id).send().await.unwrap();
    assert!(server.uploads("bucket").is_empty());
    let again = s3.abort_multipart_upload().bucket("bucket").key("k").upload_id(id).send().await;
    assert_eq!(code(&again.unwrap_err()), "NoSuchUpload");
}

#[tokio::test]
async fn unfinished_uploads_are_listed_by_pages() {
    let server = server();
    let s3 = client(&server);
    for key in ["a/1", "a/1", "a/2", "a/3", "b"] {
        s3.create_multipart_upload().bucket("bucket").key(key).send().await.unwrap();
    }
    let mut seen = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let page = s3.list_multipart_uploads().bucket("bucket").prefix("a/");
        let page = page.set_key_marker(key).set_upload_id_marker(id).send().await.unwrap();
        seen.extend(page.uploads().iter().map(|upload| upload.key().unwrap().to_owned()));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(seen, ["a/1", "a/1", "a/2", "a/3"]);
}

#[tokio::test]
async fn objects_are_copied_and_deleted_by_the_thousand() {
    let server = server();
    server.put("bucket", "a b/x", "bytes");
    let s3 = client(&server);
    s3.copy_object().bucket("bucket").key("copy").copy_source("bucket/a%20b/x").send().await.unwrap();
    assert_eq!(server.get("bucket", "copy").unwrap(), b"bytes");
    let object = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete =
        Delete::builder().objects(object("copy")).objects(object("none")).quiet(true).build().unwrap();
    let answer = s3.delete_objects().bucket("bucket").delete(delete).send().await.unwrap();
    assert!(answer.errors().is_empty());
    assert_eq!(server.keys("bucket"), ["a b/x"]);
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let server = server();
    let s3 = client(&server);
    let missing = s3.get_object().bucket("bucket").key("none").send().await.unwrap_err();
    assert_eq!(code(&missing), "NoSuchKey");
    let head = s3.head_object().bucket("bucket").key("none").send().await.unwrap_err();
    assert!(head.as_service_error().unwrap().is_not_found());
    let bucket = s3.get_object().bucket("none").key("k").send().await.unwrap_err();
    assert_eq!(code(&bucket), "NoSuchBucket");
}

#[tokio::test]
async fn every_request_is_told_with_its_bytes() {
    let server = server();
    let s3 = client(&server);
    let body = ByteStream::from(vec![7; 100_000]);
    s3.put_object().bucket("bucket").key("k").body(body).send().await.unwrap();
    let get = s3.get_object().bucket("bucket").key("k").range("bytes=0-9").send().await.unwrap();
    get.body.collect().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].operation, requests[0].key.as_str()), (Operation::PutObject, "k"));
    assert!(requests[0].bytes_in >= 100_000);
    assert_eq!((requests[1].operation, requests[1].bytes_out), (Operation::GetObject, 10));
    assert_eq!((requests[1].status, requests[1].range.as_deref()), (206, Some("bytes=0-9")));
    assert_eq!(requests[1].access_key.as_deref(), Some(ACCESS_KEY));
    server.forget_requests();
    assert!(server.requests().is_empty());
}
