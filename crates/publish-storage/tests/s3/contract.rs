//! The contract, in fair weather and in foul.

use publish_core::Location;
use publish_storage::S3Storage;
use publish_testkit::storage::check_all;
use s3_test_server::{Fault, Operation, S3TestServer, Settings};

use super::{config, server};

fn check(storage: &S3Storage, scratch: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let scratch = Location::parse(scratch).unwrap();
    runtime.block_on(check_all(storage, &scratch)).unwrap_or_else(|violation| panic!("{violation}"));
}

#[test]
fn objects_keep_the_contract() {
    let server = server();
    check(&S3Storage::new(config(&server)).unwrap(), "s3://bucket/scratch");
    check(&S3Storage::new(config(&server)).unwrap(), "s3a://bucket/other scratch");
}

#[test]
fn uploads_in_parts_and_listings_in_pages_keep_the_contract() {
    let settings = Settings::default().with_bucket("bucket").with_page_limit(2).with_min_part_size(1);
    let server = S3TestServer::start(settings).unwrap();
    check(&S3Storage::new(config(&server).with_part_size(100_000)).unwrap(), "s3://bucket/scratch");
}

#[test]
fn trouble_of_every_kind_keeps_the_contract() {
    let settings = Settings::default().with_bucket("bucket").with_min_part_size(1);
    let server = S3TestServer::start(settings).unwrap();
    for fault in [
        Fault::slow_down().every(17),
        Fault::internal_error().every(23),
        Fault::reset().every(29),
        Fault::lost_answer().on(Operation::PutObject).every(3),
        Fault::reset_after_the_work().on(Operation::PutObject).every(5),
        Fault::lost_answer().on(Operation::CompleteMultipartUpload).every(2),
        Fault::answer(409, "ConditionalRequestConflict").on(Operation::PutObject).every(11),
        Fault::lost_answer().on(Operation::DeleteObject).every(2),
        Fault::lost_answer().on(Operation::DeleteObjects).every(2),
        Fault::cut_body(100).on(Operation::GetObject).every(2),
        Fault::cut_body(50).on(Operation::ListObjects).every(9),
    ] {
        server.inject(fault);
    }
    check(&S3Storage::new(config(&server).with_part_size(500_000)).unwrap(), "s3://bucket/scratch");
    let refused =
        server.requests().iter().filter(|request| request.status == 0 || request.status >= 500).count();
    assert!(refused > 50, "{refused}");
}
