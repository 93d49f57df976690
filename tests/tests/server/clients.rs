//! Clients that others wrote: curl, Python's requests, a client generated of the OpenAPI document, and schemathesis, which
//! reads the document and tries what breaks it.

use std::process::{Command, Output};

use publish_tests::{Place, Server, python, python_tool, sample};
use serde_json::{Value, json};

use crate::example::{connect_sqlite, orders, request};

#[test]
fn curl_publishes_as_the_documentation_shows() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    let output = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--fail",
            "-X",
            "PUT",
            "-H",
            "Content-Type: application/json",
            "-d",
        ])
        .arg(request(connection, "createAndLoad").to_string())
        .arg(server.url(&format!("/v3/jobGroups/{group}/publish")))
        .output()
        .expect("curl");
    let answer: Value = serde_json::from_str(&succeeded(&output)).unwrap();
    let done = server.finished(answer["jobIds"][0].as_i64().unwrap());
    assert_eq!((&done["status"], &done["rowCount"]), (&json!("Complete"), &json!(240)), "{done}");
}

#[test]
fn python_publishes_and_polls() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server).to_string();
    let group = server.register(orders("avro")).to_string();
    let output = Command::new(python())
        .args(["-B", &sample("client.py"), &server.url(""), &connection, &group])
        .output()
        .expect("Python");
    assert!(succeeded(&output).ends_with(" 240\n"), "{output:?}");
}

#[test]
fn a_client_generated_of_the_document_works() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server).to_string();
    let group = server.register(orders("avro")).to_string();
    let folder = place.path().to_str().unwrap().to_owned();
    let output = Command::new(python())
        .args(["-B", &sample("generated_client.py"), &server.url(""), &connection, &group, &folder])
        .output()
        .expect("Python");
    assert!(succeeded(&output).ends_with(" 240\n"), "{output:?}");
}

#[test]
fn what_schemathesis_tries_is_answered_as_the_document_says() {
    let place = Place::new();
    let server = Server::start(&place);
    connect_sqlite(&server);
    server.register(orders("avro"));
    let examples = std::env::var("PUBLISH_TEST_EXAMPLES").unwrap_or_else(|_| "15".to_owned());
    let output = Command::new(python_tool("schemathesis"))
        .current_dir(place.path())
        .args([
            "run",
            &server.url("/openapi.json"),
            "--checks",
            "all",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        // Requests that the document allows may still name what is not there. Access is off here.
        .args(["--exclude-checks", "positive_data_acceptance,ignored_auth"])
        // A stream of events has no end before its job's.
        .args(["--exclude-operation-id", "streamJobEvents"])
        .args(["--max-examples", &examples, "--seed", "7", "--request-timeout", "30", "--no-color"])
        .output()
        .expect("schemathesis");
    succeeded(&output);
    let answered = server.get("/v4/jobGroups?limit=1");
    assert_eq!(answered.status, 200, "{answered:?}");
}

/// What a command printed.
fn succeeded(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}
