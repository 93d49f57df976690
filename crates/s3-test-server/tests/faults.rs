//! What is ordered to go wrong, goes wrong.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use client::{client, client_by_tls, client_of, code};
use s3_test_server::{
    ACCESS_KEY, Fault, Identity, Operation, Rights, S3TestServer, SECRET_KEY, Settings, Tls,
};

fn server() -> S3TestServer {
    let server = S3TestServer::start(Settings::default().with_bucket("bucket")).unwrap();
    server.put("bucket", "k", vec![7; 300_000]);
    server
}

#[tokio::test]
async fn each_third_request_is_throttled() {
    let server = server();
    server.inject(Fault::slow_down().on(Operation::HeadObject).every(3));
    let s3 = client(&server);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let answer = s3.head_object().bucket("bucket").key("k").send().await;
        statuses.push(answer.map_or_else(|error| error.raw_response().unwrap().status().as_u16(), |_| 200));
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
    s3.get_object().bucket("bucket").key("k").send().await.unwrap();
    server.heal();
    for _ in 0..3 {
        s3.head_object().bucket("bucket").key("k").send().await.unwrap();
    }
}

#[tokio::test]
async fn a_fault_strikes_once_where_it_was_ordered() {
    let server = server();
    server.inject(Fault::precondition_failed().on(Operation::PutObject).below("x/"));
    let s3 = client(&server);
    let put = |key| s3.put_object().bucket("bucket").key(key).body(ByteStream::from(vec![1; 200_000])).send();
    put("y").await.unwrap();
    assert_eq!(code(&put("x/1").await.unwrap_err()), "PreconditionFailed");
    assert!(server.get("bucket", "x/1").is_none());
    put("x/1").await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_leaves_the_work_done() {
    let server = server();
    server.inject(Fault::lost_answer().on(Operation::PutObject));
    server.inject(Fault::reset_after_the_work().on(Operation::PutObject).nth(2));
    server.inject(Fault::reset().on(Operation::PutObject).nth(3));
    let s3 = client(&server);
    let put = |key| s3.put_object().bucket("bucket").key(key).body(ByteStream::from_static(b"x")).send();
    assert_eq!(code(&put("1").await.unwrap_err()), "InternalError");
    assert!(put("2").await.unwrap_err().raw_response().is_none());
    assert!(put("3").await.unwrap_err().raw_response().is_none());
    assert_eq!(server.keys("bucket"), ["1", "2", "k"]);
}

#[tokio::test]
async fn a_body_breaks_off() {
    let server = server();
    server.inject(Fault::cut_body(100_000).on(Operation::GetObject));
    let s3 = client(&server);
    let get = s3.get_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(get.content_length(), Some(300_000));
    assert!(get.body.collect().await.is_err());
    let cut = &server.requests()[0];
    assert_eq!(cut.bytes_out, 100_000);
    let get = s3.get_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes().len(), 300_000);
}

#[tokio::test]
async fn a_body_comes_slowly() {
    let server = server();
    server.inject(Fault::slow_body(Duration::from_millis(30)).on(Operation::GetObject));
    let start = Instant::now();
    let get = client(&server).get_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes().len(), 300_000);
    assert!(start.elapsed() >= Duration::from_millis(4 * 30), "{:?}", start.elapsed());
}

#[tokio::test]
async fn keys_and_rights_are_checked() {
    let settings = Settings::default()
        .with_bucket("bucket")
        .with_identity(Identity::new("full", "secret"))
        .with_identity(Identity::new("reader", "secret").with_rights(Rights::Read))
        .with_identity(Identity::new("guest", "secret").with_session_token("token"));
    let server = S3TestServer::start(settings).unwrap();
    server.put("bucket", "k", "x");
    let get = async |key: &str, secret: &str, token: Option<&str>| {
        let s3 = client_of(&server, key, secret, token, "us-east-1");
        s3.get_object()
            .bucket("bucket")
            .key("k")
            .send()
            .await
            .map_or_else(|error| code(&error), |_| "ok".to_owned())
    };
    assert_eq!(get("full", "secret", None).await, "ok");
    assert_eq!(get("full", "wrong", None).await, "SignatureDoesNotMatch");
    assert_eq!(get("nobody", "secret", None).await, "InvalidAccessKeyId");
    assert_eq!(get("guest", "secret", Some("token")).await, "ok");
    assert_eq!(get("guest", "secret", None).await, "InvalidToken");
    assert_eq!(get("reader", "secret", None).await, "ok");
    let reader = client_of(&server, "reader", "secret", None, "us-east-1");
    let put = reader.put_object().bucket("bucket").key("n").body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(code(&put.unwrap_err()), "AccessDenied");
    assert!(!format!("{server:?}").contains("secret"));
}

#[tokio::test]
async fn a_bucket_of_another_region_names_it() {
    let server = S3TestServer::start(Settings::default().with_bucket_in("bucket", "eu-west-1")).unwrap();
    server.put("bucket", "k", "x");
    let head = async |region: &str| {
        let s3 = client_of(&server, ACCESS_KEY, SECRET_KEY, None, region);
        let answer = s3.head_bucket().bucket("bucket").send().await;
        match answer {
            Ok(_) => (200, None),
            Err(error) => {
                let raw = error.raw_response().unwrap();
                let region = raw.headers().get("x-amz-bucket-region").map(str::to_owned);
                (raw.status().as_u16(), region)
            }
        }
    };
    assert_eq!(head("eu-west-1").await, (200, None));
    assert_eq!(head("us-east-1").await, (400, Some("eu-west-1".to_owned())));
    assert_eq!(head("eu-north-1").await, (301, Some("eu-west-1".to_owned())));
}

#[test]
fn a_bucket_has_a_host_of_its_own() {
    let settings = Settings::default().with_bucket("bucket").with_domain("s3.example.com");
    let server = S3TestServer::start(settings).unwrap();
    server.put("bucket", "a/k", "found");
    for host in ["bucket.localhost", "bucket.s3.example.com"] {
        let mut stream = TcpStream::connect(server.endpoint().trim_start_matches("http://")).unwrap();
        write!(stream, "GET /a/k HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("found"), "{answer}");
    }
    assert_eq!(server.requests()[0].bucket, "bucket");
}

#[tokio::test]
async fn it_speaks_tls() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let tls = Tls::new(certificate.as_str(), made.signing_key.serialize_pem());
    let server = S3TestServer::start(Settings::default().with_bucket("bucket").with_tls(tls)).unwrap();
    server.put("bucket", "k", "x");
    assert!(server.endpoint().starts_with("https://"));
    let s3 = client_by_tls(&server, &certificate);
    let get = s3.get_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "x");
    assert!(client(&server).get_object().bucket("bucket").key("k").send().await.is_err());
}
