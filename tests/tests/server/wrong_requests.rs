//! Requests with a mistake: 4xx in the contract's shape, a sentence that says what is right, and nothing changed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use publish_tests::{Place, Server};
use serde_json::{Value, json};

use crate::example::{connect_sqlite, orders, request};

/// A server, its connection and its job group.
fn server(place: &Place) -> (Server, i64, i64) {
    let server = Server::start(place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    (server, connection, group)
}

#[test]
fn a_wrong_field_is_named_and_nothing_starts() {
    let place = Place::new();
    let (server, connection, group) = server(&place);
    let cases: Vec<(&str, Value, &str)> = vec![
        ("connection", json!({"id": "1"}), "`connection.id` must be an integer"),
        ("connection", json!({"id": 4711}), "4711"),
        ("connection", json!(1), "`connection` must be an object"),
        ("connection", Value::Null, "`connection` is missing"),
        ("path", json!("main"), "`path` must be an array"),
        ("path", json!(["elsewhere"]), "elsewhere"),
        ("path", json!(["a", "b"]), "path"),
        ("table", json!(""), "`table` must not be empty"),
        ("table", json!("a b"), "a b"),
        ("table", json!("x; DROP TABLE y"), "DROP"),
        ("table", json!("a".repeat(5000)), "table"),
        ("table", json!("publish_journal"), "publish_journal"),
        ("action", json!("upsert"), "createAndLoad"),
        ("action", json!("createandload"), "createAndLoad"),
        ("inputFormat", json!("orc"), "`pqt`"),
        ("inputFormat", json!("csv"), "avro"),
        ("flowNodeId", json!(11), "10"),
        ("flowNodeId", json!("10"), "`flowNodeId` must be an integer"),
        ("tabel", json!("x"), "`tabel` is not known"),
        ("tableNaming", json!("random"), "`exact`"),
        ("action", json!("load"), "test_table3"),
    ];
    for (name, value, named) in cases {
        for path in ["/v3/jobGroups/{}/publish", "/v4/jobGroups/{}/publish", "/v4/jobGroups/{}/publish/plan"]
        {
            let mut body = request(connection, "createAndLoad");
            body[name] = value.clone();
            let method = if path.ends_with("plan") { "POST" } else { "PUT" };
            let reply = server.send(method, &path.replace("{}", &group.to_string()), Some(&body));
            assert_eq!(reply.status, 400, "{path} {name}: {value}: {reply:?}");
            assert!(reply.exception().contains(named), "{path} {name} must name {named}: {reply:?}");
        }
    }
    assert_eq!(server.get(&format!("/v4/jobGroups/{group}/jobs")).json(), json!({"data": []}));
    assert!(!place.path().join("publish-warehouse.sqlite").exists(), "{:?}", place.snapshot().names());
}

#[test]
fn the_ids_are_listed_where_the_flow_node_is_not_clear() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let one = orders("avro")[0].clone();
    let mut two = one.clone();
    two["flowNodeId"] = json!(12);
    let group = server.register(json!([one, two]));
    let mut body = request(connection, "create");
    body.as_object_mut().unwrap().remove("flowNodeId");
    let publish = format!("/v3/jobGroups/{group}/publish");
    let reply = server.put(&publish, &body);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.exception().contains("10, 12"), "{reply:?}");
    let group = server.register(orders("avro"));
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &body);
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn addresses_methods_bodies_and_types_that_are_wrong_have_the_contracts_shape() {
    let place = Place::new();
    let (server, connection, group) = server(&place);
    let good = request(connection, "create").to_string();
    let publish = format!("/v3/jobGroups/{group}/publish");
    let json = Some("application/json");
    let deep = "[".repeat(100_000);
    let large: String = format!("{{\"table\": \"{}\"}}", "x".repeat(1 << 20));
    let (good, publish, deep, large) = (good.as_str(), publish.as_str(), deep.as_str(), large.as_str());
    let cases: Vec<(&str, &str, Option<&str>, &str, u16)> = vec![
        ("PUT", "/v3/jobGroups/4711/publish", json, good, 404),
        ("PUT", "/v3/jobGroups/x/publish", json, good, 400),
        ("PUT", "/v3/jobGroups/99999999999999999999/publish", json, good, 400),
        ("PUT", "/v3/jobGroups/%00/publish", json, good, 400),
        ("PUT", "/v3/jobGroups/%ff/publish", json, good, 400),
        ("PUT", "/v3/jobGroups/-1/publish", json, good, 404),
        ("POST", publish, json, good, 405),
        ("DELETE", publish, None, "", 405),
        ("BREW", publish, None, "", 405),
        ("PUT", "/v5/jobGroups/1/publish", json, good, 404),
        ("GET", "/", None, "", 404),
        ("GET", "/v4/jobGroups/1/publish/", None, "", 404),
        ("PUT", publish, None, good, 415),
        ("PUT", publish, Some("text/plain"), good, 415),
        ("PUT", publish, Some("application/xml"), "<a/>", 415),
        ("PUT", publish, json, "", 400),
        ("PUT", publish, json, "{", 400),
        ("PUT", publish, json, "[]", 400),
        ("PUT", publish, json, "null", 400),
        ("PUT", publish, json, deep, 400),
        ("PUT", publish, json, "{\"table\": \"a\", \"table\": \"b\"}", 400),
        ("PUT", publish, json, large, 413),
        ("POST", "/v4/jobGroups", json, "{\"outputs\": []}", 400),
        ("POST", "/v4/connections", json, "{\"vendor\": \"oracle\", \"name\": \"x\"}", 400),
        ("POST", "/v4/connections", json, "{\"vendor\": \"sqlite\", \"name\": \"x\"}", 400),
        ("GET", "/v4/jobs/4711", None, "", 404),
        ("GET", "/v4/jobs/4711/status", None, "", 404),
        ("GET", "/v4/jobs/4711/events", None, "", 404),
        ("GET", "/v4/connections/4711", None, "", 404),
        ("GET", "/v4/jobGroups?limit=0", None, "", 400),
        ("GET", "/v4/jobGroups?limit=1&limit=2", None, "", 400),
        ("GET", "/v4/jobGroups?sort=size", None, "", 400),
        ("GET", "/v4/jobGroups?filter=%00", None, "", 400),
        ("GET", "/v4/jobGroups?page=1", None, "", 400),
        ("GET", "/v4/jobs/1/status?embed=x", None, "", 400),
    ];
    for (method, path, kind, body, status) in cases {
        let reply = server.send_text(method, path, kind, body);
        let short: String = body.chars().take(60).collect();
        assert_eq!(reply.status, status, "{method} {path} {short}: {reply:?}");
        reply.exception();
    }
    assert!(!place.path().join("publish-warehouse.sqlite").exists(), "{:?}", place.snapshot().names());
}

#[test]
fn what_is_no_http_is_answered_or_cut_off_and_harms_nobody() {
    let place = Place::new();
    let (server, _, group) = server(&place);
    for raw in [
        &b"nonsense\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"PUT /v3/jobGroups/1/publish HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{",
        b"GET /v4/jobGroups HTTP/1.1\r\nhost: x\r\nx-request-id: \xff\xfe\r\nconnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(raw).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // Being cut off is an answer, too.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains(" 500 "), "{answer}");
    }
    assert_eq!(server.get(&format!("/v4/jobGroups/{group}")).status, 200);
}
