//! What every answer has: a request id, and the contract's shape if it is an error.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use super::exception::Exception;

/// The header that names a request, in the answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a caller, in characters.
const MAX_ID: usize = 64;

/// The id of the request at hand, for who wants it from the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The caller's own id, if it is 1 to 64 letters, digits and `-_.`, else a new one.
    fn of(request: &Request) -> Self {
        let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let is_plain = |id: &&str| {
            (1..=MAX_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        Self(given.filter(is_plain).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gives a request its id, and its answer the header and, if it is an error, the contract's shape, whoever made it.
///
/// It belongs around everything else, so that also refusals by the layers within have both.
pub async fn trace(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!(
        "request",
        id = id.as_str(),
        method = %request.method(),
        path = request.uri().path(),
    );
    // A panic ends this request alone, and its caller hears of it.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response = answer.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("a request ended in a panic"));
        Exception::of_status(StatusCode::INTERNAL_SERVER_ERROR, "").into_response()
    });
    response = in_shape(response);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// An error that no handler of ours wrote, such as 404 and 405 of the router or 413 of a layer, in the contract's shape.
fn in_shape(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_json =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json");
    if !is_error || is_json {
        return response;
    }
    let mut shaped = Exception::of_status(status, hint(status)).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::CONNECTION] {
        if let Some(value) = response.headers().get(&name) {
            shaped.headers_mut().insert(name, value.clone());
        }
    }
    shaped
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "No call has this address; /openapi.json lists them all",
        StatusCode::METHOD_NOT_ALLOWED => "The header Allow lists the methods of this address",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than this server takes",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    fn router() -> Router {
        Router::new()
            .route("/ok", get(|| async { "fine" }))
            .route("/panic", get(panicking))
            .layer(axum::middleware::from_fn(trace))
    }

    #[allow(clippy::unused_async, reason = "a handler is async")]
    async fn panicking() -> &'static str {
        assert!(std::env::args().count() == usize::MAX, "hunter2");
        "fine"
    }

    async fn send(method: &str, path: &str, id: Option<&str>) -> (Response, Option<Value>) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(id) = id {
            request = request.header(REQUEST_ID, id);
        }
        let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, Body::empty()), serde_json::from_slice(&body).ok())
    }

    #[tokio::test]
    async fn every_answer_names_its_request() {
        let (response, _) = send("GET", "/ok", Some("nightly-7.a_b")).await;
        assert_eq!(response.headers()[REQUEST_ID], "nightly-7.a_b");
        for wrong in [None, Some(""), Some("a b"), Some("é"), Some("x".repeat(65).as_str())] {
            let (response, _) = send("GET", "/nowhere", wrong).await;
            let id = response.headers()[REQUEST_ID].to_str().unwrap();
            assert!(Uuid::parse_str(id).is_ok(), "{wrong:?}: {id}");
        }
    }

    #[tokio::test]
    async fn errors_that_no_handler_wrote_have_the_contracts_shape() {
        for (method, path, status, name) in [
            ("GET", "/nowhere", 404, "NotFound"),
            ("POST", "/ok", 405, "MethodNotAllowed"),
            ("GET", "/panic", 500, "InternalServerError"),
        ] {
            let (response, body) = send(method, path, None).await;
            assert_eq!(response.status().as_u16(), status, "{path}");
            let body = body.unwrap_or_else(|| panic!("{path}: no JSON"));
            assert_eq!(body["exception"]["name"], name, "{path}");
            assert!(!body.to_string().contains("hunter2"), "{body}");
        }
        let (response, _) = send("POST", "/ok", None).await;
        assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
    }
}
