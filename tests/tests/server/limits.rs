//! Sizes, rates, and clients that are slow.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use publish_tests::Place;
use serde_json::json;

use super::{NO_ACCESS, start};

#[test]
fn a_body_that_is_too_large_is_refused_in_the_contracts_shape() {
    let place = Place::new();
    let server = start(&place, "[server.limits]\nbody_bytes = 100", NO_ACCESS);
    let small = server.post("/v4/jobGroups", &json!({"outputs": "x".repeat(60)}));
    assert_eq!(small.status, 400, "{small:?}");
    assert!(!small.exception().is_empty());
    let large = server.post("/v4/jobGroups", &json!({"outputs": "x".repeat(100)}));
    assert_eq!(large.status, 413, "{large:?}");
    assert!(large.exception().contains("100 bytes"), "{large:?}");
}

#[test]
fn whoever_asks_too_often_is_told_when_to_come_back() {
    let place = Place::new();
    let server = start(&place, "rate = 1", NO_ACCESS);
    assert_eq!(server.get("/v4/jobGroups").status, 200);
    // Two at once and one a second: a slow machine takes some more to be too fast.
    let refused = (0..1000).map(|_| server.get("/v4/jobGroups")).find(|reply| reply.status != 200);
    let refused = refused.expect("too many requests are refused");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(!refused.exception().is_empty() && refused.headers.contains_key("retry-after"), "{refused:?}");
    assert_eq!(server.get("/healthz").status, 200, "whoever watches is not counted");
}

#[test]
fn slow_clients_hold_nobody_up_and_are_let_go() {
    let settings = "[server.limits]\nheader_seconds = 1\nbody_seconds = 1\nconcurrency = 1\nconnections = 64";
    let place = Place::new();
    let server = start(&place, settings, NO_ACCESS);
    let open = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    };
    // Thirty that never end their headers, and thirty that never end their bodies, with one turn for all requests.
    let headers: Vec<_> =
        (0..30).map(|_| open(b"GET /v4/jobGroups HTTP/1.1\r\nhost: x\r\nx-slow:")).collect();
    let post = b"POST /v4/jobGroups HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    let bodies: Vec<_> = (0..30).map(|_| open(post)).collect();
    assert_eq!(server.get("/v4/jobGroups").status, 200);
    for mut stream in headers {
        let mut rest = Vec::new();
        // Closed, with or without a word.
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
    for mut stream in bodies {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"exception\""), "{answer}");
    }
    assert_eq!(server.get("/v4/jobGroups").status, 200);
}

#[test]
fn connections_beyond_the_limit_wait_for_a_place() {
    let place = Place::new();
    let server = start(&place, "[server.limits]\nheader_seconds = 1\nconnections = 1", NO_ACCESS);
    let holder = TcpStream::connect(server.address()).unwrap();
    // The holder says nothing and is let go after its second.
    assert_eq!(server.get("/healthz").status, 200);
    drop(holder);
}
