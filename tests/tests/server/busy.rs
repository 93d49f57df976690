//! Jobs that get into each other's way, and one that is cancelled. Somebody who holds the database's lock keeps them at it.

use publish_tests::{Place, Server, sample};
use serde_json::json;

use crate::example::connect_sqlite;

#[test]
fn a_second_publish_to_a_table_is_refused_by_name_and_a_running_one_can_be_cancelled() {
    let place = Place::new();
    let server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let uri = format!("file://{}", sample("orders/part-*.avro"));
    let group = server.register(json!([{"flowNodeId": 10, "format": "avro", "uri": uri}]));
    let publish = |table: &str| {
        let request = json!({
            "connection": {"id": connection}, "path": ["main"], "table": table, "action": "dropAndLoad",
            "inputFormat": "avro"
        });
        server.put(&format!("/v3/jobGroups/{group}/publish"), &request)
    };
    let job_of = |reply: &publish_tests::Reply| {
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["jobIds"][0].as_i64().unwrap()
    };
    let first = job_of(&publish("first"));
    assert_eq!(server.finished(first)["status"], "Complete");

    let holder = rusqlite::Connection::open(place.database().file()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = job_of(&publish("orders"));
    assert_eq!(server.get(&format!("/v4/jobs/{held}/status")).text, "\"InProgress\"");
    let refused = publish("orders");
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.exception().contains(&format!("job: {held}")), "{refused:?}");

    let cancelled = server.post(&format!("/v4/jobGroups/{group}/cancel"), &json!({}));
    assert_eq!(cancelled.json(), json!({"jobIds": [held], "jobgroupId": group}), "{cancelled:?}");
    holder.execute_batch("ROLLBACK").unwrap();
    let ended = server.finished(held);
    assert_eq!(ended["status"], "Canceled", "{ended}");
    assert!(ended["errorMessage"].as_str().is_some_and(|message| !message.is_empty()), "{ended}");
    assert!(!place.database().tables().contains(&"orders".to_owned()));

    // It is free again, and what is over can't be cancelled.
    let again = job_of(&publish("orders"));
    assert_eq!(server.finished(again)["status"], "Complete");
    assert_eq!(place.database().row_count("orders"), 240);
    let cancelled = server.post(&format!("/v4/jobGroups/{group}/cancel"), &json!({}));
    assert_eq!(cancelled.json(), json!({"jobIds": [], "jobgroupId": group}), "{cancelled:?}");
}
