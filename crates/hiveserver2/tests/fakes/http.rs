//! A fake of the HTTP transport: closed connections, long bodies, refusals, cookies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hiveserver2::{Config, ErrorKind, Session, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::server::{Reply, message_of, ordinary};

/// What the server sends for a request, and whether it closes the connection after it.
struct Answer {
    head: &'static str,
    body: Vec<u8>,
    /// Bytes that are announced and never come.
    missing: usize,
    closes: bool,
}

struct HttpFake {
    port: u16,
    connection_count: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Drop for HttpFake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl HttpFake {
    /// `answer` is given the request's head and the whole answer that an ordinary server would give.
    async fn start(mut answer: impl FnMut(&str, Vec<u8>) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let connection_count = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connection_count);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                while let Some((head, body)) = request(&mut stream).await {
                    let (name, _) = message_of(&body);
                    let Reply::Fields(fields) = ordinary(&name) else { unreachable!("an ordinary answer") };
                    let answer = answer(&head, crate::server::reply(&body, &fields));
                    let length = answer.body.len() + answer.missing;
                    let text = format!("HTTP/1.1 {}\r\nContent-Length: {length}\r\n\r\n", answer.head);
                    stream.write_all(text.as_bytes()).await.expect("open");
                    // The client may have given up on the answer.
                    let _ = stream.write_all(&answer.body).await;
                    if answer.closes {
                        break;
                    }
                }
            }
        });
        Self { port, connection_count, server }
    }

    fn config(&self) -> Config {
        Config::new("127.0.0.1", self.port).with_transport(Transport::Http { path: "cliservice".into() })
    }
}

/// Head and body of the next request, or `None` when the client has closed.
async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if bytes.len() >= end + 4 + length.parse::<usize>().expect("a number") {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}

fn fine(body: Vec<u8>) -> Answer {
    Answer { head: "200 OK", body, missing: 0, closes: false }
}

#[tokio::test]
async fn a_session_outlives_connections_that_the_server_closes() {
    let fake = HttpFake::start(|_, body| Answer { closes: true, ..fine(body) }).await;
    let mut session = Session::open(&fake.config()).await.expect("open");
    session.run("DROP TABLE t").await.expect("over new connections");
    assert!(!session.is_lost());
    assert!(fake.connection_count.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn the_cookie_comes_back_with_every_later_request() {
    let mut heads = Vec::new();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(16);
    let fake = HttpFake::start(move |head, body| {
        sender.try_send(head.to_owned()).expect("room");
        Answer { head: "200 OK\r\nSet-Cookie: hive.server2.auth=abc; Path=/; HttpOnly", ..fine(body) }
    })
    .await;
    let mut session = Session::open(&fake.config()).await.expect("open");
    session.run("DROP TABLE t").await.expect("a statement");
    while let Ok(head) = receiver.try_recv() {
        heads.push(head.contains("cookie: hive.server2.auth=abc"));
    }
    assert_eq!(heads, [false, true, true, true]);
    assert_eq!(fake.connection_count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_body_longer_than_a_message_may_be_is_refused() {
    let fake = HttpFake::start(|_, _| fine(vec![0; 100_000])).await;
    let error = Session::open(&fake.config().with_max_message_bytes(10_000)).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("longer"), "{error}");
}

#[tokio::test]
async fn refusals_of_a_gateway_have_their_kind() {
    for (head, kind) in [
        ("401 Unauthorized", ErrorKind::Unauthenticated),
        ("403 Forbidden", ErrorKind::PermissionDenied),
        ("404 Not Found", ErrorKind::InvalidConfig),
        ("503 Service Unavailable", ErrorKind::Unavailable),
    ] {
        let fake = HttpFake::start(move |_, _| Answer { head, ..fine(b"the page".to_vec()) }).await;
        let error = Session::open(&fake.config()).await.expect_err(head);
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("the page"), "{error}");
    }
}

#[tokio::test]
async fn a_connection_cut_before_the_answer_is_in_doubt_but_the_session_goes_on() {
    let mut call = 0;
    let fake = HttpFake::start(move |_, body| {
        call += 1;
        // The second call's answer ends before its announced end.
        let is_cut = call == 2;
        Answer { missing: usize::from(is_cut), closes: is_cut, ..fine(body) }
    })
    .await;
    let mut session = Session::open(&fake.config()).await.expect("open");
    let error = session.execute("DROP TABLE t").await.map(|_| ()).expect_err("cut");
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::ConnectionLost, true), "{error}");
    session.run("DROP TABLE t").await.expect("the session goes on");
}
