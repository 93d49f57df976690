//! Accepting connections, until the server stops.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::rest::Rest;
use super::{Limits, Metrics};

/// Most headers of a request.
const MAX_HEADERS: usize = 100;

/// Bytes that the line and the headers of a request may take.
const HEADER_BYTES: usize = 64 * 1024;

/// Wait after the system refused to accept, as it does when there are no file descriptors left.
const REFUSED_WAIT: Duration = Duration::from_millis(100);

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) app: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Metrics,
    pub(crate) stopping: CancellationToken,
}

impl Serving {
    /// Accepts and serves until `stopping`. Then idle connections are closed, requests that are being answered get
    /// `stop_time` to end, and what is left is cut off.
    pub(crate) async fn run(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(self.limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
        let mut open = JoinSet::new();
        loop {
            while open.try_join_next().is_some() {}
            // Taken before a connection is: those that find no place wait in the system's queue.
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                () = self.stopping.cancelled() => break,
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stopping.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let serving = self.clone();
                    open.spawn(async move {
                        let _place = place;
                        serving.connection(stream, peer).await;
                    });
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(REFUSED_WAIT).await;
                }
            }
        }
        drop(listener);
        tracing::info!(connections = open.len(), "no more connections are accepted");
        while open.join_next().await.is_some() {}
    }

    async fn connection(&self, stream: TcpStream, peer: SocketAddr) {
        let _open = self.metrics.connection();
        // Answers are small and written whole.
        let _ = stream.set_nodelay(true);
        // A client that does not take in what it is sent is let go.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write_time));
        let stream = Box::pin(stream);
        let Some(tls) = &self.tls else { return self.http(stream, peer).await };
        let shaken = tokio::select! {
            shaken = timeout(self.limits.header_time, tls.accept(stream)) => shaken,
            () = self.stopping.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.http(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS connection came about"),
            Err(_) => tracing::debug!(%peer, "no TLS connection came about in time"),
        }
    }

    async fn http<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S, peer: SocketAddr) {
        let service = service_fn(|request| self.answer(request, peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_time)
            .max_headers(MAX_HEADERS)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Ok(ended),
            () = self.stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                timeout(self.limits.stop_time, connection).await
            }
        };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a connection broke off"),
            Err(_) => tracing::warn!(%peer, "a connection was cut off: its answer was not taken in"),
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (request, rest) = Rest::of(request);
        let response = self.app.clone().call(request).await;
        rest.take_in().await;
        response
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Whether an error of accepting is about the connection alone, such as one that was given up again.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_client_that_sends_before_it_reads_gets_the_refusal_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = CancellationToken::new();
        let refusing = Router::new().fallback(|| async { axum::http::StatusCode::UNAUTHORIZED });
        let serving = Serving {
            app: refusing,
            tls: None,
            limits: Arc::new(Limits::default()),
            metrics: Metrics::new(crate::JobCounts::default),
            stopping: stopping.clone(),
        };
        let client = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 4194304\r\nconnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..64 {
                // Others run in between: the refusal is ready long before the end.
                tokio::task::yield_now().await;
                stream.write_all(&[b'x'; 64 * 1024]).await.unwrap();
            }
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
            stopping.cancel();
        };
        tokio::join!(serving.run(listener), client);
    }
}
