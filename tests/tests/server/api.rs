//! The calls of the contract, as a client sees them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use publish_tests::{Place, Server, sample};
use serde_json::{Value, json};

use crate::example::{connect_sqlite, orders, request};

/// A time as the contract writes it.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_publish_goes_from_the_documented_answer_to_complete() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &request(connection, "createAndLoad"));
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = reply.json();
    assert_eq!(names(&answer), ["jobIds", "jobgroupId", "reason", "sessionId"]);
    assert_eq!((&answer["jobgroupId"], &answer["reason"]), (&json!(group), &json!("JobStarted")));
    let job = answer["jobIds"][0].as_i64().unwrap();
    let done = server.finished(job);
    assert_eq!((&done["status"], &done["percentComplete"]), (&json!("Complete"), &json!(100)), "{done}");
    assert_eq!(done["sessionId"], answer["sessionId"]);
    let table = done["table"].as_str().unwrap();
    let stamp = table.strip_prefix("test_table3_").unwrap_or_else(|| panic!("{done}"));
    assert!(stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()), "{done}");
    assert_eq!((done["rowCount"].as_u64(), place.database().row_count(table)), (Some(240), 240));

    let status = server.get(&format!("/v4/jobs/{job}/status"));
    assert_eq!((status.status, status.text.as_str()), (200, "\"Complete\""));
    let status = server.get(&format!("/v4/jobGroups/{group}/status"));
    assert_eq!((status.status, status.text.as_str()), (200, "\"Complete\""));

    let published = server.get(&format!("/v4/jobGroups/{group}/publications")).json();
    let published = &published["data"][0];
    assert_eq!((&published["table"], &published["rowCount"]), (&json!(table), &json!(240)), "{published}");
    assert_eq!(published["connection"]["id"], json!(connection));

    let log = server.get(&format!("/v4/jobs/{job}/log")).json();
    let events: Vec<&str> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"]["event"].as_str().unwrap())
        .collect();
    assert!(events.contains(&"runStarted") && events.contains(&"runFinished"), "{events:?}");
}

#[test]
fn job_groups_and_jobs_have_the_shapes_of_v3_and_v4() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    let answer = server.put(&format!("/v4/jobGroups/{group}/publish"), &request(connection, "createAndLoad"));
    assert_eq!(names(&answer.json()), ["jobgroupId", "reason", "sessionId"], "{answer:?}");
    let jobs = server.get(&format!("/v4/jobGroups/{group}/jobs")).json();
    let job = server.finished(jobs["data"][0]["id"].as_i64().unwrap());
    for name in ["createdAt", "updatedAt", "lastHeartbeatAt"] {
        assert!(is_time(&job[name]), "{name}: {job}");
    }
    assert_eq!((&job["jobType"], &job["sampleSize"]), (&json!("publish"), &json!(100)));
    assert_eq!((&job["jobGroup"], &job["errorMessage"]), (&json!({"id": group}), &Value::Null));

    let v3 = server.get(&format!("/v3/jobGroups/{group}")).json();
    assert_eq!(
        names(&v3),
        [
            "createdAt",
            "createdBy",
            "description",
            "id",
            "jobs",
            "name",
            "profilingEnabled",
            "ranfrom",
            "snapshot",
            "status",
            "updatedAt",
            "updatedBy",
            "wrangleScript",
            "wrangledDataset"
        ]
    );
    assert_eq!((&v3["jobs"], &v3["wrangledDataset"]), (&json!({"data": null}), &json!({"id": 10})));
    let v4 = server.get(&format!("/v4/jobGroups/{group}?embed=jobs")).json();
    assert_eq!(v4["jobs"]["data"][0], job);
    for name in ["ranfor", "runParameterReferenceDate", "workspace", "creator", "updater"] {
        assert!(v4.get(name).is_some(), "{name}: {v4}");
    }
    assert!(v4.get("createdBy").is_none() && is_time(&v4["createdAt"]), "{v4}");
}

#[test]
fn a_list_has_25_and_gives_the_rest_by_offset() {
    let place = Place::new();
    let server = Server::start(&place);
    for number in 0..30 {
        let body = json!({"name": format!("Group {number}"), "outputs": orders("avro")});
        server.post("/v4/jobGroups", &body).created();
    }
    let ids = |query: &str| -> Vec<i64> {
        let list = server.get(&format!("/v4/jobGroups{query}"));
        assert_eq!(list.status, 200, "{list:?}");
        list.json()["data"].as_array().unwrap().iter().map(|group| group["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids("").len(), 25);
    assert_eq!(ids("?noLimit=true").len(), 30);
    assert_eq!(ids("?limit=3&offset=28").len(), 2);
    let sorted = ids("?sort=id&limit=1000");
    assert!(sorted.is_sorted() && sorted.len() == 30, "{sorted:?}");
    let mut reversed = ids("?sort=-createdAt,-id&noLimit=true");
    reversed.reverse();
    assert_eq!(reversed, sorted);
    assert_eq!(ids("?filter=group%2021").len(), 1);
    assert_eq!(ids("?filter=21&filterFields=description").len(), 0);
    assert_eq!(ids("?filter=%25&filterFields=name").len(), 0);
}

#[test]
fn connections_are_kept_without_showing_their_secrets() {
    let place = Place::new();
    let server = Server::start(&place);
    let body = json!({
        "vendor": "redshift", "name": "dw", "host": "127.0.0.1", "port": 1, "params": {"database": "dev"},
        "credentialType": "basic", "credentials": {"username": "etl", "password": "canary-hunter2"}
    });
    let made = server.post("/v4/connections", &body);
    let id = made.created();
    let shown = server.get(&format!("/v4/connections/{id}"));
    assert_eq!(shown.json(), made.json());
    let list = server.get("/v4/connections");
    for reply in [&made, &shown, &list] {
        assert!(!reply.text.contains("canary") && !reply.text.contains("\"credentials\""), "{reply:?}");
    }
    let gone = server.send("DELETE", &format!("/v4/connections/{id}"), None);
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(server.get(&format!("/v4/connections/{id}")).status, 404);
    assert_eq!(server.send("DELETE", &format!("/v4/connections/{id}"), None).status, 404);
    let group = server.register(orders("avro"));
    let reply = server.put(&format!("/v4/jobGroups/{group}/publish"), &request(id, "create"));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(!server.log().contains("canary"), "a secret is in the log");
}

#[test]
fn a_plan_says_what_would_be_done_and_does_nothing() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("csv"));
    let mut body = request(connection, "createAndLoad");
    body["inputFormat"] = json!("csv");
    let reply = server.post(&format!("/v4/jobGroups/{group}/publish/plan"), &body);
    assert_eq!(reply.status, 200, "{reply:?}");
    let plan = reply.json();
    assert_eq!(plan["results"]["rowCount"], 240, "{plan}");
    assert!(reply.text.contains("CREATE TABLE"), "{plan}");
    assert!(!place.path().join("publish-warehouse.sqlite").exists(), "a plan makes nothing");
    assert_eq!(server.get(&format!("/v4/jobGroups/{group}/jobs")).json(), json!({"data": []}));
}

#[test]
fn a_failed_job_says_why_as_soon_as_it_failed() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    let request = |action: &str| {
        let mut body = request(connection, action);
        body["tableNaming"] = json!("exact");
        body
    };
    let publish = format!("/v3/jobGroups/{group}/publish");
    let first = server.put(&publish, &request("createAndLoad")).json();
    assert_eq!(server.finished(first["jobIds"][0].as_i64().unwrap())["status"], "Complete");
    // The same results again to the same table: they are added.
    let again = server.put(&publish, &request("load")).json();
    let done = server.finished(again["jobIds"][0].as_i64().unwrap());
    assert_eq!(
        (&done["status"], place.database().row_count("test_table3")),
        (&json!("Complete"), 480),
        "{done}"
    );
    // What would fail is refused before the answer.
    let reply = server.put(&publish, &request("create"));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.exception().contains("test_table3"), "{reply:?}");
}

#[test]
fn a_job_is_followed_from_its_start_to_its_end() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let group = server.register(orders("avro"));
    let answer = server.put(&format!("/v3/jobGroups/{group}/publish"), &request(connection, "createAndLoad"));
    let job = answer.json()["jobIds"][0].as_i64().unwrap();
    let events = follow(&server, job, None);
    let told: Vec<&str> = events.iter().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert!(told.contains(&"runStarted") && told.contains(&"runFinished"), "{events:#?}");
    let ids: Vec<u64> =
        events.iter().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]) && !ids.is_empty(), "{ids:?}");
    let last = ids[ids.len() - 2];
    let rest = follow(&server, job, Some(last));
    assert_eq!(rest.iter().filter(|line| line.starts_with("id: ")).count(), 1, "{rest:#?}");
}

/// The lines of a stream of events, to its end.
fn follow(server: &Server, job: i64, after: Option<u64>) -> Vec<String> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let after = after.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
    write!(stream, "GET /v4/jobs/{job}/events HTTP/1.0\r\nhost: {}\r\n{after}\r\n", server.address())
        .unwrap();
    let lines: Vec<String> = BufReader::new(stream).lines().map_while(Result::ok).collect();
    assert!(lines[0].contains("200"), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.eq_ignore_ascii_case("content-type: text/event-stream")),
        "{lines:#?}"
    );
    lines
}

#[test]
fn a_job_of_a_file_that_is_gone_is_refused_before_the_answer() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let file = place.path().join("part.avro");
    std::fs::copy(sample("orders/part-0.avro"), &file).unwrap();
    let uri = format!("file://{}", file.display());
    let group = server.register(json!([{"flowNodeId": 10, "format": "avro", "uri": uri}]));
    std::fs::remove_file(&file).unwrap();
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &request(connection, "create"));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.exception().contains("part.avro"), "{reply:?}");
    assert_eq!(server.get(&format!("/v4/jobGroups/{group}/jobs")).json(), json!({"data": []}));
}
