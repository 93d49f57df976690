//! How much of the server one request may have.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::Exception;

/// Sizes, times and numbers that a server keeps to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's body. Default 1 MiB.
    pub body_bytes: usize,
    /// Time for the headers of a request to arrive, and for a connection to be idle. Default 30 s.
    pub header_time: Duration,
    /// Time for the body of a request to arrive. Default 30 s.
    pub body_time: Duration,
    /// Time for a request to be answered once it has arrived. Default 90 s.
    pub request_time: Duration,
    /// Time for a client to take in what it was sent. Default 30 s.
    pub write_time: Duration,
    /// Open connections. Default 4096; more wait to be accepted.
    pub connections: usize,
    /// Requests that are worked on side by side. Default 256; more wait for up to `queue_time`.
    pub concurrency: usize,
    /// Time that a request waits for its turn. Default 10 s.
    pub queue_time: Duration,
    /// Time for answers to be sent when the server stops. Default 10 s.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            request_time: Duration::from_secs(90),
            write_time: Duration::from_secs(30),
            connections: 4096,
            concurrency: 256,
            queue_time: Duration::from_secs(10),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// The limits with what they count.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    limits: Arc<Limits>,
    turns: Arc<Semaphore>,
}

impl Turns {
    pub(super) fn new(limits: Limits) -> Self {
        let turns = Semaphore::new(limits.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Self { limits: Arc::new(limits), turns: Arc::new(turns) }
    }
}

/// Takes in the whole body, then waits for a turn, then has the request answered.
///
/// In this order a client that sends slowly holds a connection and nothing else. An answer that goes on, such as a stream
/// of events, gives its turn back with its headers.
pub(super) async fn keep_limits(State(state): State<Turns>, request: Request, next: Next) -> Response {
    let limits = &state.limits;
    let request = match take_in(request, limits).await {
        Ok(request) => request,
        Err(exception) => return closing(exception),
    };
    // The semaphore is never closed.
    let Ok(Ok(_turn)) = timeout(limits.queue_time, state.turns.acquire()).await else {
        let details = "The server is busy; send it again in a moment";
        return Exception::of_status(StatusCode::SERVICE_UNAVAILABLE, details)
            .with_header(RETRY_AFTER, HeaderValue::from(1))
            .into_response();
    };
    match timeout(limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let details = format!("There was no answer within {} s", limits.request_time.as_secs());
            Exception::of_status(StatusCode::GATEWAY_TIMEOUT, details).into_response()
        }
    }
}

async fn take_in(request: Request, limits: &Limits) -> Result<Request, Exception> {
    let too_large = || {
        let details = format!("A body has no more than {} bytes", limits.body_bytes);
        Exception::of_status(StatusCode::PAYLOAD_TOO_LARGE, details)
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|it| it > limits.body_bytes as u64)
    {
        return Err(too_large());
    }
    let (parts, body) = request.into_parts();
    let collected = timeout(limits.body_time, Limited::new(body, limits.body_bytes).collect()).await;
    match collected {
        Ok(Ok(whole)) => Ok(Request::from_parts(parts, Body::from(whole.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Exception::invalid("The body broke off; send all of it")),
        Err(_) => {
            let details = format!("The body did not arrive within {} s", limits.body_time.as_secs());
            Err(Exception::of_status(StatusCode::REQUEST_TIMEOUT, details))
        }
    }
}

/// The rest of the body is not waited for, so the connection can't be used again.
fn closing(exception: Exception) -> Response {
    let mut response = exception.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use bytes::Bytes;
    use futures::StreamExt;
    use tower::ServiceExt;

    use super::*;

    fn limits() -> Limits {
        Limits { body_bytes: 8, concurrency: 1, ..Limits::default() }
    }

    fn app(limits: Limits) -> Router {
        Router::new()
            .route("/echo", post(|body: Bytes| async move { body }))
            .route("/hang", get(std::future::pending::<()>))
            .layer(from_fn_with_state(Turns::new(limits), keep_limits))
    }

    async fn answer(app: &Router, request: Request) -> (StatusCode, String) {
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn echo(body: impl Into<Body>) -> Request {
        Request::post("/echo").body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
        let app = app(limits());
        assert_eq!(answer(&app, echo("12345678")).await, (StatusCode::OK, "12345678".to_owned()));
        assert_eq!(answer(&app, echo("123456789")).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        let chunks = futures::stream::iter(["12345", "6789"].map(Ok::<_, std::io::Error>));
        let (status, body) = answer(&app, echo(Body::from_stream(chunks))).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(body.contains("\"exception\""), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let app = app(limits());
        let dripping =
            futures::stream::iter([Ok::<_, std::io::Error>("1")]).chain(futures::stream::pending());
        let slow = tokio::spawn({
            let app = app.clone();
            async move { answer(&app, echo(Body::from_stream(dripping))).await.0 }
        });
        // There is one turn, and the slow one does not hold it.
        assert_eq!(answer(&app, echo("1")).await.0, StatusCode::OK);
        assert_eq!(slow.await.unwrap(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_an_answer_ends_and_others_wait_for_their_turn_so_long_and_no_longer() {
        let app = app(limits());
        let hang = || Request::get("/hang").body(Body::empty()).unwrap();
        let (first, second) = tokio::join!(answer(&app, hang()), answer(&app, hang()));
        assert_eq!((first.0, second.0), (StatusCode::GATEWAY_TIMEOUT, StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(answer(&app, echo("1")).await.0, StatusCode::OK, "turns are given back");
    }
}
