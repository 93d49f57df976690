//! The HTTP service under polls and publishes at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use publish_core::{Error, ErrorKind, FileFormat, Result};
use publish_server::{
    Access, AllowedLocations, Keyring, PublishServer, RateLimits, Scope, SealingKey, SqlStore, Store,
    new_token,
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::args::ServerArgs;
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;
use crate::{generate, host};

/// Longest wait for a publish to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Wait between two polls of whoever waits for a publish.
const POLL_EVERY: Duration = Duration::from_millis(100);

/// Publishes side by side, each to a table of its own, while many others poll for the state of a job. Server and clients share
/// this process, so that the cost of both is in the figures.
pub(super) async fn measure(args: &ServerArgs, findings: &mut Findings) -> Result<()> {
    let folder = scratch()?;
    let results = folder.path().join("results");
    generate::mixed(&results, FileFormat::Avro, args.rows_per_publish, 1).await?;
    let store: Arc<dyn Store> = Arc::new(SqlStore::sqlite(&folder.path().join("store.sqlite")).await?);
    let (stored, token) = new_token("bench", Scope::Admin)?;
    store.create_token(&stored).await?;
    let sealer = Keyring::new(SealingKey::parse(&SealingKey::generate()?)?);
    let server = PublishServer::builder(host::engine(None)?, Arc::clone(&store), Arc::new(sealer))
        .with_access(Access::by_tokens(store, RateLimits::new(None))?)
        .with_locations(AllowedLocations::parse([format!("file://{}", results.display())])?)
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
    let to = Arc::new(Place {
        address: listener.local_addr().map_err(broken)?.to_string(),
        authorization: format!("Bearer {}", token.expose()),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(listener, async {
        let _ = stopped.await;
    }));
    let figures = load(args, &to, &results, folder.path()).await?;
    let _ = stop.send(());
    serving
        .await
        .map_err(|error| Error::new(ErrorKind::Unexpected, "The server ended badly").with_source(error))??;
    for figure in figures {
        findings.add(figure);
    }
    Ok(())
}

/// Where the server is, and what it is shown.
struct Place {
    address: String,
    authorization: String,
}

async fn load(
    args: &ServerArgs,
    to: &Arc<Place>,
    results: &std::path::Path,
    folder: &std::path::Path,
) -> Result<Vec<Figure>> {
    let mut client = Client::connect(to).await?;
    let uri = format!("file://{}", results.display());
    let group = json!({"outputs": [{"flowNodeId": 10, "format": "avro", "uri": uri}]});
    let group = id_of(&client.made("/v4/jobGroups", &group).await?)?;
    // Each publish has a database of its own: one of SQLite takes one writer.
    let mut connections = Vec::new();
    for number in 0..args.publishes {
        let file = folder.join(format!("warehouse-{number}.sqlite"));
        let body = json!({"vendor": "sqlite", "name": format!("w{number}"), "params": {"file": file}});
        connections.push(id_of(&client.made("/v4/connections", &body).await?)?);
    }
    let first = publish(to, group, connections[0], "warm_up").await?;

    let is_over = Arc::new(AtomicBool::new(false));
    let errors = Arc::new(AtomicU64::new(0));
    let mut pollers = JoinSet::new();
    for number in 0..args.polls {
        let poller = Poller {
            to: Arc::clone(to),
            path: format!("/v4/jobs/{}", first.job),
            pause: Duration::from_millis(args.pause),
            offset: Duration::from_millis(args.pause).mul_f64(number as f64 / args.polls.max(1) as f64),
            is_over: Arc::clone(&is_over),
            errors: Arc::clone(&errors),
        };
        pollers.spawn(poller.run());
    }
    let (mut answers, mut ends) = (Vec::new(), Vec::new());
    let started = Instant::now();
    let mut round: u32 = 0;
    while started.elapsed() < Duration::from_secs(args.seconds) {
        let mut publishes = JoinSet::new();
        for connection in connections.clone() {
            let (to, table) = (Arc::clone(to), format!("t{round}"));
            publishes.spawn(async move { publish(&to, group, connection, &table).await });
        }
        while let Some(ended) = publishes.join_next().await {
            let Ok(Ok(published)) = ended else {
                if let Ok(Err(error)) = ended {
                    eprintln!("a publish failed: {error}");
                }
                errors.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            answers.push(milliseconds(published.answered));
            ends.push(milliseconds(published.ended));
        }
        round += 1;
    }
    is_over.store(true, Ordering::Relaxed);
    let mut polls = Vec::new();
    while let Some(polled) = pollers.join_next().await {
        polls.extend(polled.unwrap_or_default());
    }
    let seconds = started.elapsed().as_secs_f64();
    let count = polls.len() as f64;
    Ok([
        percentiles("poll", polls),
        percentiles("publish, until its answer", answers),
        percentiles("publish, until its end", ends),
    ]
    .into_iter()
    .flatten()
    .chain([
        figure("polls", "1/s", Better::Higher, count / seconds),
        figure("publishes", "1/s", Better::Higher, f64::from(round * u32::from(args.publishes)) / seconds),
        figure("errors", "count", Better::Lower, errors.load(Ordering::Relaxed) as f64),
    ])
    .collect())
}

/// A client that asks again and again on one connection.
struct Poller {
    to: Arc<Place>,
    path: String,
    pause: Duration,
    offset: Duration,
    is_over: Arc<AtomicBool>,
    errors: Arc<AtomicU64>,
}

impl Poller {
    /// Polls, and gives the milliseconds that each answer took.
    async fn run(self) -> Vec<f64> {
        let mut took = Vec::new();
        tokio::time::sleep(self.offset).await;
        let mut client = None;
        while !self.is_over.load(Ordering::Relaxed) {
            let mut open = match client.take() {
                Some(open) => open,
                None => match Client::connect(&self.to).await {
                    Ok(open) => open,
                    Err(_) => {
                        self.errors.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                },
            };
            let started = Instant::now();
            match open.send(Method::GET, &self.path, None).await {
                Ok((StatusCode::OK, _)) => {
                    took.push(milliseconds(started.elapsed()));
                    client = Some(open);
                }
                _ => {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(self.pause).await;
        }
        took
    }
}

/// A publish that ended well.
struct Published {
    job: i64,
    answered: Duration,
    ended: Duration,
}

async fn publish(to: &Place, group: i64, connection: i64, table: &str) -> Result<Published> {
    let mut client = Client::connect(to).await?;
    let body = json!({"connection": {"id": connection}, "path": ["main"], "table": table,
        "action": "createAndLoad", "inputFormat": "avro", "flowNodeId": 10});
    let started = Instant::now();
    let (status, answer) =
        client.send(Method::PUT, &format!("/v3/jobGroups/{group}/publish"), Some(&body)).await?;
    let answered = started.elapsed();
    let job = answer["jobIds"][0].as_i64().filter(|_| status == StatusCode::OK);
    let job = job.ok_or_else(|| unexpected(status, &answer))?;
    loop {
        let (status, answer) = client.send(Method::GET, &format!("/v4/jobs/{job}"), None).await?;
        match answer["status"].as_str() {
            Some("Complete") => return Ok(Published { job, answered, ended: started.elapsed() }),
            Some("InProgress") if started.elapsed() < PATIENCE => tokio::time::sleep(POLL_EVERY).await,
            _ => return Err(unexpected(status, &answer)),
        }
    }
}

/// One connection.
struct Client {
    sender: SendRequest<Full<Bytes>>,
    authorization: String,
    host: String,
    /// Drives the connection, and ends with it.
    _driver: JoinSet<()>,
}

impl Client {
    async fn connect(to: &Place) -> Result<Self> {
        let stream = TcpStream::connect(&to.address).await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut driver = JoinSet::new();
        driver.spawn(async {
            let _ = connection.await;
        });
        let (authorization, host) = (to.authorization.clone(), to.address.clone());
        Ok(Self { sender, authorization, host, _driver: driver })
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value)> {
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(bytes)))
            .map_err(broken)?;
        self.sender.ready().await.map_err(broken)?;
        let response = self.sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(broken)?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    async fn made(&mut self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.send(Method::POST, path, Some(body)).await?;
        if status == StatusCode::CREATED { Ok(answer) } else { Err(unexpected(status, &answer)) }
    }
}

fn id_of(answer: &Value) -> Result<i64> {
    answer["id"].as_i64().ok_or_else(|| unexpected(StatusCode::CREATED, answer))
}

/// The middle, the worst of a hundred, and the worst.
fn percentiles(name: &str, mut samples: Vec<f64>) -> Vec<Figure> {
    samples.sort_by(f64::total_cmp);
    let at = |part: f64| {
        samples.get(((samples.len() as f64 * part) as usize).min(samples.len().saturating_sub(1)))
    };
    [("p50", 0.5), ("p99", 0.99), ("max", 1.0)]
        .into_iter()
        .filter_map(|(word, part)| Some(figure(&format!("{name}, {word}"), "ms", Better::Lower, *at(part)?)))
        .collect()
}

fn figure(name: &str, unit: &str, better: Better, value: f64) -> Figure {
    Figure::new(format!("serve: {name}"), "publish-server", unit, better, vec![value])
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Unavailable, "The server can't be asked").with_source(error)
}

fn unexpected(status: StatusCode, answer: &Value) -> Error {
    Error::new(ErrorKind::Unexpected, "The server answers otherwise than it should")
        .with_context("status", status)
        .with_context("answer", answer)
}
