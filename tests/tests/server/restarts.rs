//! A server that is killed at any moment and started again: no job is lost, no row is loaded twice.

use std::time::{Duration, Instant};

use publish_tests::{Place, Server};
use serde_json::json;

use crate::example::connect_sqlite;

/// Moments at which the server is killed.
const MOMENTS: u64 = 8;

/// Rows of each publish: enough for its load to be hit.
const ROWS: u64 = 20_000;

#[test]
fn a_server_that_is_killed_at_any_moment_ends_its_jobs_and_loads_nothing_twice() {
    let place = Place::new();
    let rows = (0..ROWS).map(|row| format!("{row},row {row} with some more text to write\n"));
    place.write("rows.csv", std::iter::once("id,text\n".to_owned()).chain(rows).collect::<String>());
    let mut server = Server::start(&place);
    let connection = connect_sqlite(&server);
    let uri = format!("file://{}/rows.csv", place.path().canonicalize().expect("a folder").display());
    let group = server.register(json!([{"flowNodeId": 1, "format": "csv", "uri": uri}]));
    let request = |action: &str| {
        json!({
            "connection": {"id": connection}, "path": ["main"], "table": "t", "action": action, "inputFormat": "csv",
            "tableNaming": "exact"
        })
    };
    let publish = |server: &Server, action: &str| {
        let reply = server.put(&format!("/v3/jobGroups/{group}/publish"), &request(action));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["jobIds"][0].as_i64().expect("a job")
    };
    let started = Instant::now();
    let first = publish(&server, "createAndLoad");
    assert_eq!(server.finished(first)["status"], "Complete");
    let whole = started.elapsed();

    let mut random = fastrand::Rng::with_seed(20);
    let mut hit = 0;
    for moment in 0..MOMENTS {
        let job = publish(&server, "load");
        std::thread::sleep(whole.mul_f64(random.f64()).min(Duration::from_secs(5)));
        server.kill();
        server = Server::start_with(&place, &["--no-access"]);
        let status = server.get(&format!("/v4/jobs/{job}/status")).text;
        hit += u64::from(status == "\"InProgress\"");
        let ended = server.finished(job);
        assert_eq!(ended["status"], "Complete", "moment {moment}: {ended}\n{}", server.log());
        let rows = place.database().row_count("t");
        assert_eq!(rows, (moment + 2) * ROWS, "moment {moment}");
    }
    println!("{hit} of {MOMENTS} kills hit a running job; a publish took {whole:?}");
    assert!(hit > 0, "no kill hit a running job");
}
