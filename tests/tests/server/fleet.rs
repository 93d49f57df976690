//! Two servers on one PostgreSQL, killed at random while two hundred publishes go on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use publish_tests::{Database, Place, Server};
use redshift_emulator::PlainServer;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

/// Tables, each published to twice: created, then loaded again.
const TABLES: usize = 100;

/// Databases, so that loads have more than one write lock.
const DATABASES: usize = 4;

/// Rows of a publish.
const ROWS: u64 = 25;

/// Callers side by side.
const CALLERS: usize = 6;

/// Longest time for everything.
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn two_servers_that_are_killed_at_random_end_two_hundred_publishes_right() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let postgres = runtime.block_on(PlainServer::start()).expect("a PostgreSQL");
    let place = Place::new();
    let folder = place.path().canonicalize().expect("a folder");
    let rows = (0..ROWS).map(|row| format!("{row},row {row}\n"));
    place.write("rows.csv", std::iter::once("id,text\n".to_owned()).chain(rows).collect::<String>());
    place.write(
        "publish.toml",
        format!(
            "[server]\nstore = {:?}\nkeys = [\"{}=\"]\nlocations = [\"file://{}\"]\nlease_seconds = 2\nrate = 0\n",
            postgres.url(),
            "A".repeat(43),
            folder.display()
        ),
    );
    let fleet = Fleet::start(&place);
    let uri = format!("file://{}/rows.csv", folder.display());
    let connections: Vec<i64> = (0..DATABASES)
        .map(|at| {
            let body = json!({"vendor": "sqlite", "name": "d", "params": {"file": format!("d{at}.sqlite")}});
            fleet.create("/v4/connections", &body)
        })
        .collect();

    let work: Mutex<VecDeque<usize>> = Mutex::new((0..TABLES).collect());
    let done = AtomicUsize::new(0);
    let kills = std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let Some(table) = work.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else {
                        break;
                    };
                    for _ in 0..2 {
                        let group = fleet.create(
                            "/v4/jobGroups",
                            &json!({"outputs": [{"flowNodeId": 1, "format": "csv", "uri": uri}]}),
                        );
                        let request = json!({
                            "connection": {"id": connections[table % DATABASES]}, "path": ["main"],
                            "table": format!("t{table}"), "action": "createAndLoad", "tableNaming": "exact",
                            "inputFormat": "csv"
                        });
                        let job = fleet.publish(group, &request);
                        let ended = fleet.ended(job);
                        assert_eq!(ended["status"], "Complete", "{ended}");
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        fleet.kill_until(|| done.load(Ordering::Relaxed) == TABLES || fleet.is_late())
    });
    assert_eq!(done.load(Ordering::Relaxed), TABLES);
    for table in 0..TABLES {
        let database = Database::at(place.path().join(format!("d{}.sqlite", table % DATABASES)));
        assert_eq!(database.row_count(&format!("t{table}")), 2 * ROWS, "table {table}");
    }
    println!("{kills} kills; everything took {:?}", fleet.started.elapsed());
    assert!(kills > 2, "the servers were killed {kills} times only");
}

/// Two servers, of which one may be down.
struct Fleet<'a> {
    place: &'a Place,
    servers: Vec<Mutex<Server>>,
    agent: Agent,
    next: AtomicUsize,
    started: Instant,
}

impl<'a> Fleet<'a> {
    fn start(place: &'a Place) -> Self {
        let servers = (0..2).map(|_| Mutex::new(Server::start_with(place, &["--no-access"]))).collect();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .new_agent();
        Self { place, servers, agent, next: AtomicUsize::new(0), started: Instant::now() }
    }

    /// Kills one server after the other, at random moments, each time starting it again. Says how often.
    fn kill_until(&self, is_over: impl Fn() -> bool) -> usize {
        let mut random = fastrand::Rng::with_seed(2026);
        let mut kills = 0;
        while !is_over() {
            std::thread::sleep(Duration::from_millis(random.u64(20..300)));
            let mut server = lock(&self.servers[kills % 2]);
            server.kill();
            // Callers of this server are refused meanwhile, and go to the other.
            *server = Server::start_with(self.place, &["--no-access"]);
            kills += 1;
        }
        kills
    }

    fn is_late(&self) -> bool {
        self.started.elapsed() > PATIENCE
    }

    /// Sends a request to one of the servers. `None` if it died of it, or before.
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % 2;
        let url = self.servers[at].try_lock().ok()?.url(path);
        let request = Request::builder().method(method).uri(url).header("content-type", "application/json");
        let request = request.body(body.map(Value::to_string).unwrap_or_default()).expect("a request");
        let mut response = self.agent.run(request).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some((response.status().as_u16(), serde_json::from_str(&text).ok()?))
    }

    /// Sends a request that may be sent again until it is answered.
    fn answered(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        loop {
            match self.send(method, path, body) {
                Some((status, answer)) if status < 500 => return (status, answer),
                answer => {
                    assert!(!self.is_late(), "{method} {path}: {answer:?}");
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }

    /// Makes something, perhaps twice: one that nobody hears of harms nobody.
    fn create(&self, path: &str, body: &Value) -> i64 {
        let (status, answer) = self.answered("POST", path, Some(body));
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_i64().expect("an id")
    }

    /// Publishes a group of its own once: where no answer came the group says whether the job is there.
    fn publish(&self, group: i64, request: &Value) -> i64 {
        loop {
            match self.send("PUT", &format!("/v3/jobGroups/{group}/publish"), Some(request)) {
                Some((200, answer)) => return answer["jobIds"][0].as_i64().expect("a job"),
                Some((status, answer)) if status < 500 => panic!("{status} {answer}"),
                _ => {}
            }
            let (_, jobs) = self.answered("GET", &format!("/v4/jobGroups/{group}/jobs"), None);
            if let Some(job) = jobs["data"][0]["id"].as_i64() {
                return job;
            }
            assert!(!self.is_late(), "no server takes a publish");
        }
    }

    fn ended(&self, job: i64) -> Value {
        loop {
            let (status, answer) = self.answered("GET", &format!("/v4/jobs/{job}"), None);
            assert_eq!(status, 200, "a job is lost: {answer}");
            if answer["status"] != "InProgress" {
                return answer;
            }
            assert!(!self.is_late(), "{answer}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

fn lock(server: &Mutex<Server>) -> std::sync::MutexGuard<'_, Server> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}
