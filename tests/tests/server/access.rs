//! Who is let in, what stays secret, and where results may be read from.

use std::os::unix::fs::symlink;

use publish_tests::{Place, Server, add_token, sample};
use serde_json::{Value, json};

use super::start;

/// Appears nowhere else, so that a find is a leak.
const CANARY: &str = "canary-3fd1-77a0";

#[test]
fn every_call_but_health_asks_for_credentials_and_each_scope_has_its_calls() {
    let place = Place::new();
    let tokens = ["read", "publish", "admin"].map(|scope| add_token(&place, scope, scope));
    place.write("password", "correct horse\n");
    let added = place.publish(["token", "add", "ann", "--scope", "read", "--password-file", "password"]);
    assert_eq!(added.code, 0, "{added}");
    let server = start(&place, "", &[]);

    let document = server.get("/openapi.json");
    assert_eq!(document.status, 401, "{document:?}");
    assert!(document.exception().contains("Authorization"), "{document:?}");
    assert!(document.headers.contains_key("www-authenticate"), "{document:?}");
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 401), ("/nowhere", 401)] {
        assert_eq!(server.get(path).status, status, "{path}");
    }

    let connection =
        json!({"vendor": "sqlite", "name": "w", "params": {"file": place.path().join("w.sqlite")}});
    let group =
        json!({"outputs": [{"flowNodeId": 1, "format": "csv", "uri": sample_uri("orders/part-0.csv")}]});
    for (number, token) in tokens.iter().enumerate() {
        let with = |method: &str, path: &str, body: Option<&Value>| {
            server.send_as(&format!("Bearer {token}"), method, path, body).status
        };
        assert_eq!(with("GET", "/v4/jobGroups", None), 200);
        assert_eq!(with("GET", "/metrics", None), 200);
        assert_eq!(with("POST", "/v4/jobGroups", Some(&group)), if number >= 1 { 201 } else { 403 });
        assert_eq!(with("POST", "/v4/connections", Some(&connection)), if number >= 2 { 201 } else { 403 });
    }
    // "ann:correct horse", then "ann:wrong horse".
    for (pair, status) in [("YW5uOmNvcnJlY3QgaG9yc2U=", 200), ("YW5uOndyb25nIGhvcnNl", 401)] {
        assert_eq!(server.send_as(&format!("Basic {pair}"), "GET", "/v4/jobGroups", None).status, status);
    }

    let listed = place.publish(["token", "list"]);
    assert!(listed.out.contains("ann") && listed.out.contains("user"), "{listed}");
    assert_eq!(place.publish(["token", "remove", "ann"]).code, 0);
    assert_eq!(place.publish(["token", "remove", "ann"]).code, 2);
    let shown = format!("{}{listed}{}", server.log(), files_of(&place));
    assert!(tokens.iter().all(|token| !shown.contains(token.as_str())), "a token is kept or logged");
    assert!(!files_of(&place).replace("correct horse\n", "").contains("correct horse"));
}

#[test]
fn without_access_control_only_this_machine_is_served() {
    let place = Place::new();
    let answer = place.publish(["serve", "--no-access", "--listen", "0.0.0.0:0"]);
    assert_eq!(answer.code, 2, "{answer}");
    assert!(answer.err.contains("loopback"), "{answer}");
}

#[test]
fn credentials_of_connections_are_shown_nowhere() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = |vendor: &str, credentials: Value| {
        let body = json!({"vendor": vendor, "name": "c", "host": "127.0.0.1", "port": 1,
            "params": {"staging": "hdfs://127.0.0.1:1/publish"},
            "credentialType": "basic", "credentials": credentials});
        server.post("/v4/connections", &body)
    };
    let hive = connection("hive", json!({"username": "etl", "password": CANARY}));
    let id = hive.created();
    let mut seen = vec![hive.text];
    for wrong in [json!({"username": "etl", "password": [CANARY]}), json!({"pasword": CANARY}), json!(CANARY)]
    {
        let reply = connection("hive", wrong);
        assert_eq!(reply.status, 400, "{}", reply.text.replace(CANARY, "<<< here >>>"));
        seen.push(reply.text);
    }
    seen.push(server.get("/v4/connections").text);
    seen.push(server.get(&format!("/v4/connections/{id}")).text);

    // Nobody listens at port 1: the publish fails, with or without a job.
    let group = server
        .register(json!([{"flowNodeId": 10, "format": "avro", "uri": sample_uri("orders/part-*.avro")}]));
    let body = json!({"connection": {"id": id}, "path": ["default"], "table": "t", "action": "create",
        "inputFormat": "avro"});
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &body);
    if reply.status == 200 {
        let job = reply.json()["jobIds"][0].as_i64().unwrap();
        seen.push(server.get(&format!("/v4/jobs/{job}")).text);
        seen.push(server.get(&format!("/v4/jobs/{job}/log")).text);
    }
    seen.push(reply.text);
    seen.push(server.log());
    seen.push(files_of(&place));
    for text in &seen {
        assert!(!text.contains(CANARY), "{}", text.replace(CANARY, "<<< here >>>"));
    }
}

#[test]
fn results_are_read_below_the_allowed_folders_alone() {
    let place = Place::new();
    let allowed = place.path().join("allowed");
    std::fs::create_dir_all(&allowed).unwrap();
    std::fs::create_dir_all(place.path().join("allowed-not")).unwrap();
    for file in ["secret.csv", "allowed/part.csv", "allowed-not/part.csv"] {
        place.write(file, "id\n1\n");
    }
    symlink(place.path().join("secret.csv"), allowed.join("link.csv")).unwrap();
    symlink(place.path().join("allowed-not"), allowed.join("folder")).unwrap();
    let server = Server::start_reading(&place, &[&format!("file://{}", allowed.display())]);
    let connection = server.connect(
        &json!({"vendor": "sqlite", "name": "w", "params": {"file": place.path().join("w.sqlite")}}),
    );
    let root = format!("file://{}", place.path().display());

    let register = |uri: &str| {
        server.post("/v4/jobGroups", &json!({"outputs": [{"flowNodeId": 1, "format": "csv", "uri": uri}]}))
    };
    let publish = |group: i64, table: &str| {
        let body = json!({"connection": {"id": connection}, "path": ["main"], "table": table,
            "action": "create", "inputFormat": "csv"});
        server.put(&format!("/v3/jobGroups/{group}/publish"), &body)
    };
    for outside in [
        "file:///etc/passwd".to_owned(),
        format!("{root}/secret.csv"),
        format!("{root}/allowed-not/part.csv"),
        format!("{root}/allowed*/part.csv"),
        format!("{root}/{{allowed,x}}/part.csv"),
        format!("{root}/allowed/../secret.csv"),
        format!("{root}/allowed/%2e%2e/secret.csv"),
        format!("{root}/allowed/%252e%252e/secret.csv"),
        format!("{root}/allowed\\..\\secret.csv"),
        format!("{root}/allowed/{{..,x}}/secret.csv"),
        format!("file:{}/secret.csv", place.path().display()),
        "s3://bucket/x.csv".to_owned(),
        "hdfs://nn/x.csv".to_owned(),
    ] {
        let reply = register(&outside);
        assert_eq!(reply.status, 400, "{outside}: {reply:?}");
    }
    // A link is seen when it is followed.
    for link in ["allowed/link.csv", "allowed/folder/part.csv", "allowed/folder/*.csv", "allowed/*.csv"] {
        let group = register(&format!("{root}/{link}"));
        let reply = publish(group.created(), "leaked");
        assert_eq!(reply.status, 400, "{link}: {reply:?}");
        assert!(reply.exception().contains("leads out"), "{link}: {reply:?}");
    }
    let group = register(&format!("{root}/allowed/part.csv")).created();
    let job = publish(group, "fine").json()["jobIds"][0].as_i64().unwrap();
    assert_eq!(server.finished(job)["status"], "Complete");
}

fn sample_uri(name: &str) -> String {
    format!("file://{}", sample(name))
}

/// Every byte of the files in the server's folder.
fn files_of(place: &Place) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    text
}
