//! The end of a server, asked for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use publish_tests::{Database, Place, Server, sample};
use serde_json::json;

#[test]
fn a_request_that_is_being_sent_is_answered_before_the_server_ends() {
    let place = Place::new();
    let server = Server::start(&place);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = "POST /v4/jobGroups HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\
        expect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // The server asks for the body: the request is being answered.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    let address = server.address().to_owned();
    server.ask_to_stop();
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(b"{}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("ValidationFailed"), "{answer}");
    drop(stream);
}

#[test]
fn a_job_of_a_server_that_stops_ends_there_or_after_the_next_start() {
    let place = Place::new();
    let database = place.path().join("w.sqlite");
    let server = Server::start(&place);
    let connection = server.connect(&json!({"vendor": "sqlite", "name": "w", "params": {"file": database}}));
    let uri = format!("file://{}", sample("orders/part-*.avro"));
    let group = server.register(json!([{"flowNodeId": 10, "format": "avro", "uri": uri}]));
    let body = json!({"connection": {"id": connection}, "path": ["main"], "table": "orders",
        "action": "createAndLoad", "inputFormat": "avro"});
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &body);
    let job = reply.json()["jobIds"][0].as_i64().unwrap_or_else(|| panic!("{reply:?}"));
    let ready = place.publish(["serve", "--check", "--listen", server.address()]);
    assert_eq!(ready.code, 0, "{ready}");
    let stopped = server.stop();
    assert_eq!(stopped.code, 0, "{stopped}");
    assert!(stopped.err.contains("\"message\":\"stopped\""), "{stopped}");

    let server = Server::start_with(&place, &["--no-access"]);
    let ended = server.finished(job);
    assert_eq!(ended["status"], "Complete", "{ended}");
    let tables = Database::at(database.clone()).tables();
    let published: Vec<_> = tables.iter().filter(|table| table.starts_with("orders_")).collect();
    assert_eq!(published.len(), 1, "{tables:?}");
    let expected = Place::new();
    expected.run(&[&sample("orders/part-*.avro")], "orders", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(Database::at(database).row_count(published[0]), expected.database().row_count("orders"));
}
