//! The binary as a server, on a port of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::{Answer, Place, sample};

/// Longest wait for a server to listen, and for a job to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Wait between two looks at a job.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running `publish serve`, killed when dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    base: String,
    token: Option<String>,
    agent: Agent,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server in this place that asks for no credentials and reads the samples and the place's own files.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(place: &Place) -> Self {
        let own = place.path().canonicalize().expect("a folder");
        Self::start_reading(place, &[&format!("file://{}", sample("")), &format!("file://{}", own.display())])
    }

    /// Starts a server in this place that asks for no credentials and reads below these addresses. They are added to the
    /// settings of the place.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_reading(place: &Place, locations: &[&str]) -> Self {
        let settings = std::fs::read_to_string(place.path().join("publish.toml")).unwrap_or_default();
        place.write("publish.toml", format!("{settings}\n[server]\nlocations = {locations:?}\n"));
        Self::start_with(place, &["--no-access"])
    }

    /// Starts a server with these arguments beside `serve`, the port and the log's format.
    ///
    /// # Panics
    /// If it does not start; with what it wrote.
    pub fn start_with(place: &Place, arguments: &[&str]) -> Self {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--log", "json"];
        Self::run(&mut place.command(fixed.iter().chain(arguments)))
    }

    /// Starts the server that this command is.
    ///
    /// # Panics
    /// If it does not start; with what it wrote.
    pub fn run(command: &mut Command) -> Self {
        let mut process =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, told) = mpsc::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(address) = address_in(&line) {
                    // Nobody listens any more once the server was found.
                    let _ = tell.send(address);
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let Ok(address) = told.recv_timeout(PATIENCE) else {
            let _ = process.kill();
            panic!("the server does not listen: {}", log.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { process, base: format!("http://{address}"), token: None, agent, log }
    }

    /// Sends this bearer token with every request from now on.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The address of a call, or of the server for an empty path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The id of the server's process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the server as a power cut does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Asks the server to stop, as a supervisor does.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.process_id().to_string()]).status();
        assert!(asked.expect("kill runs").success(), "the server is gone: {}", self.log());
    }

    /// Asks the server to stop and waits for its end.
    ///
    /// # Panics
    /// If it is gone already.
    pub fn stop(mut self) -> Answer {
        self.ask_to_stop();
        let status = self.process.wait().expect("it ends");
        Answer { code: status.code().unwrap_or(-1), out: String::new(), err: self.log() }
    }

    /// Sends a request with this `Authorization` header, in place of the token.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn send_as(&self, authorization: &str, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let request =
            Request::builder().method(method).uri(self.url(path)).header("authorization", authorization);
        let request = request.header("content-type", "application/json");
        let body = body.map(Value::to_string).unwrap_or_default();
        self.run_request(request.body(body).expect("a legal request"))
    }

    /// Sends a request, with a JSON body where there is one.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let text = body.map(Value::to_string);
        let kind = body.map(|_| "application/json");
        self.send_text(method, path, kind, text.as_deref().unwrap_or_default())
    }

    /// Sends a body of any kind.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn send_text(&self, method: &str, path: &str, content_type: Option<&str>, body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.run_request(request.body(body.to_owned()).expect("a legal request"))
    }

    fn run_request(&self, request: Request<String>) -> Reply {
        let asked = format!("{} {}", request.method(), request.uri());
        let request = self.agent.configure_request(request).allow_non_standard_methods(true).build();
        let mut response =
            self.agent.run(request).unwrap_or_else(|error| panic!("{asked}: {error}\n{}", self.log()));
        let text = response.body_mut().read_to_string().expect("a text");
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    /// Gets what is at this path.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    /// Posts a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body))
    }

    /// Puts a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body))
    }

    /// Makes a connection, and gives its id.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn connect(&self, body: &Value) -> i64 {
        self.post("/v4/connections", body).created()
    }

    /// Registers results, and gives the job group's id.
    ///
    /// # Panics
    /// If the server refuses.
    #[expect(clippy::needless_pass_by_value, reason = "shorter where it is called")]
    pub fn register(&self, outputs: Value) -> i64 {
        self.post("/v4/jobGroups", &serde_json::json!({"outputs": outputs})).created()
    }

    /// Waits until a job is over, and gives it.
    ///
    /// # Panics
    /// If that takes too long.
    pub fn finished(&self, job: i64) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let reply = self.get(&format!("/v4/jobs/{job}"));
            assert_eq!(reply.status, 200, "{reply:?}");
            let job = reply.json();
            if !matches!(job["status"].as_str(), Some("Created" | "InProgress")) {
                return job;
            }
            assert!(Instant::now() < end, "the job goes on and on: {job}\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes a token for the server of this place.
///
/// # Panics
/// If it is refused.
pub fn add_token(place: &Place, name: &str, scope: &str) -> String {
    let answer = place.publish(["token", "add", name, "--scope", scope, "--json"]);
    assert_eq!(answer.code, 0, "{answer}");
    answer.json()["token"].as_str().expect("a token").to_owned()
}

/// An answer of a server.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The details of the exception that it is.
    ///
    /// # Panics
    /// If it is not in the contract's shape.
    pub fn exception(&self) -> String {
        let body = self.json();
        let fields: Vec<&String> = body["exception"].as_object().expect("an exception").keys().collect();
        assert_eq!(fields, ["details", "message", "name"], "{self:?}");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{self:?}");
        assert!(self.headers.contains_key("x-request-id"), "{self:?}");
        body["exception"]["details"].as_str().expect("a text").to_owned()
    }

    /// The id of what was made.
    ///
    /// # Panics
    /// If nothing was.
    pub fn created(&self) -> i64 {
        assert_eq!(self.status, 201, "{self:?}");
        self.json()["id"].as_i64().expect("an id")
    }
}

/// The address in the line by which a server tells that it listens.
fn address_in(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["address"].as_str().map(str::to_owned)
}
