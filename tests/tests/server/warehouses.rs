//! The documented example against a real Hive and against the stand-in for Redshift.

use publish_tests::{HivePlace, Place, RedshiftPlace, Server, sample};
use serde_json::{Value, json};

/// The request of the contract's page, to the letter but for the ids.
fn example(connection: i64, path: &[&str], table: &str, action: &str) -> Value {
    json!({
        "connection": {"id": connection}, "path": path, "table": table, "action": action, "inputFormat": "avro",
        "flowNodeId": 10
    })
}

/// Publishes, checks the answer, and gives the job once it is over.
fn publish(server: &Server, group: i64, request: &Value) -> Value {
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), request);
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = reply.json();
    let job = answer["jobIds"][0].as_i64().unwrap_or_else(|| panic!("{answer}"));
    let session = answer["sessionId"].clone();
    assert_eq!(
        answer,
        json!({"jobgroupId": group, "jobIds": [job], "reason": "JobStarted", "sessionId": session})
    );
    let done = server.finished(job);
    assert_eq!((&done["status"], &done["errorMessage"]), (&json!("Complete"), &Value::Null), "{done}");
    done
}

fn outputs(folder: &str, storage: i64) -> Value {
    let uri = format!("{folder}/part-*.avro");
    json!([{"flowNodeId": 10, "format": "avro", "uri": uri, "storageConnection": {"id": storage}}])
}

fn parts() -> [std::path::PathBuf; 3] {
    [0, 1, 2].map(|part| sample(&format!("orders/part-{part}.avro")).into())
}

fn is_stamped(name: &str, base: &str) -> bool {
    name.strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|stamp| stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn the_documented_example_makes_an_empty_table_with_a_timestamp_in_hive() {
    let Some(place) = HivePlace::new("") else { return };
    let folder = place.upload("orders", &parts());
    let server = Server::start_reading(place.place(), &[&place.root()]);
    let connection = server.connect(&place.connection());
    let storage = server.connect(&place.storage_connection());
    let group = server.register(outputs(&folder, storage));

    let done = publish(&server, group, &example(connection, &["default"], "test_table3", "create"));
    let table = done["table"].as_str().unwrap();
    assert!(is_stamped(table, "test_table3") && done["path"] == json!(["default"]), "{done}");
    assert_eq!(place.number(&format!("SELECT count(*) FROM default.{table}")), 0);
    place.execute(&format!("DROP TABLE default.{table}"));

    let request = example(connection, &[place.database()], "orders", "createAndLoad");
    let done = publish(&server, group, &request);
    let table = done["table"].as_str().unwrap();
    assert!(is_stamped(table, "orders") && done["rowCount"] == json!(240), "{done}");
    place.check_values(table, &parts()).unwrap_or_else(|differs| panic!("{differs}"));

    let reply = server
        .put(&format!("/v3/jobGroups/{group}/publish"), &example(connection, &["no_such"], "t", "create"));
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.exception().contains("no_such"), "{reply:?}");
}

#[test]
fn results_on_s3_are_published_to_a_schema_of_redshift() {
    let place = RedshiftPlace::new();
    let folder = place.upload("orders", &parts());
    let server = Server::start_reading(place.place(), &[&folder]);
    let connection = server.connect(&place.connection());
    let storage = server.connect(&place.storage_connection());
    let group = server.register(outputs(&folder, storage));

    let table = format!("{}.MyTable", place.schema().to_uppercase());
    let database = place.connection()["params"]["database"].as_str().unwrap().to_owned();
    let done = publish(&server, group, &example(connection, &[&database], &table, "create"));
    let made = done["table"].as_str().unwrap();
    assert!(is_stamped(made, "mytable") && done["path"] == json!([place.schema()]), "{done}");
    assert_eq!(place.row_count(made), 0);

    let done = publish(&server, group, &example(connection, &[place.schema()], "orders", "createAndLoad"));
    let made = done["table"].as_str().unwrap();
    assert_eq!((done["rowCount"].as_u64(), place.row_count(made)), (Some(240), 240), "{done}");
    place.check_values(made, &parts()).unwrap_or_else(|differs| panic!("{differs}"));

    let reply = server
        .put(&format!("/v3/jobGroups/{group}/publish"), &example(connection, &["a.b"], "c.d", "create"));
    assert_eq!(reply.status, 400, "{reply:?}");
}

#[test]
fn results_that_name_no_storage_are_read_by_that_of_the_connection() {
    let place = RedshiftPlace::new();
    let folder = place.upload("orders", &parts());
    // The settings of this server know nothing of that S3.
    let elsewhere = Place::new();
    let server = Server::start_reading(&elsewhere, &[&folder]);
    let storage = server.connect(&place.storage_connection());
    let mut connection = place.connection();
    connection["params"]["storage"] = json!({"id": storage});
    let connection = server.connect(&connection);
    let group = server.register(json!([{"flowNodeId": 10, "format": "avro", "uri": folder}]));
    let done = publish(&server, group, &example(connection, &[place.schema()], "orders", "dropAndLoad"));
    assert_eq!((done["rowCount"].as_u64(), place.row_count("orders")), (Some(240), 240), "{done}");

    for wrong in [json!("3"), json!({"id": connection})] {
        let mut body = place.connection();
        body["params"]["storage"] = wrong;
        let reply = server.post("/v4/connections", &body);
        assert!(reply.status == 400 && reply.exception().contains("storage"), "{reply:?}");
    }
}

#[test]
fn results_that_are_not_on_s3_are_refused_for_redshift() {
    let place = RedshiftPlace::new();
    let server = Server::start(place.place());
    let connection = server.connect(&place.connection());
    let uri = format!("file://{}", sample("orders/part-*.avro"));
    let group = server.register(json!([{"flowNodeId": 10, "format": "avro", "uri": uri}]));
    let request = example(connection, &[place.schema()], "orders", "createAndLoad");
    let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &request);
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(reply.exception().contains("s3://"), "{reply:?}");
    assert_eq!(place.tables(), Vec::<String>::new());
}
