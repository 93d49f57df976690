//! The layers around the calls.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::health::{Health, health_routes, metrics_route};
use super::limits::{Turns, keep_limits};
use super::observe::observe;
use super::{Limits, Metrics};
use crate::api::trace;
use crate::{Access, require_access};

/// What stands around the calls.
#[derive(Clone, Debug)]
pub(crate) struct Protection {
    pub(crate) access: Access,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
}

impl Protection {
    /// The calls with everything around them. From the outside:
    ///
    /// 1. a line in the log and a count for each answer;
    /// 2. a request id, and the contract's shape for every error;
    /// 3. credentials, scopes and rates;
    /// 4. the body taken in whole, a turn waited for, the time limit;
    /// 5. streams that end when the server stops.
    ///
    /// `/healthz` and `/readyz` stand outside of 1 and 3 to 5.
    pub(crate) fn around(self, api: Router) -> Router {
        let stopping = self.health.stopping.clone();
        let calls = api
            .merge(metrics_route(self.metrics.clone()))
            .layer(from_fn_with_state(stopping, end_streams))
            .layer(from_fn_with_state(Turns::new(self.limits), keep_limits))
            .layer(from_fn_with_state(self.access, require_access))
            .layer(from_fn(trace))
            .layer(from_fn_with_state(self.metrics, observe));
        // In this order: of two routers the second answers for addresses that neither has.
        health_routes(self.health).layer(from_fn(trace)).merge(calls)
    }
}

/// Ends a stream of events when the server stops: its client comes back to another one, or to this one later.
async fn end_streams(State(stopping): State<CancellationToken>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(stopping.cancelled_owned())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::StatusCode;
    use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
    use axum::response::IntoResponse;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::{JobCounts, REQUEST_ID, RateLimits, Scope, SqlStore, Store, new_token};

    #[tokio::test]
    async fn only_health_is_told_without_credentials_and_every_answer_has_an_id() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqlStore::sqlite(&folder.path().join("store.sqlite")).await.unwrap());
        let (stored, token) = new_token("ci", Scope::Read).unwrap();
        store.create_token(&stored).await.unwrap();
        let stopping = CancellationToken::new();
        let around = Protection {
            access: Access::by_tokens(Arc::clone(&store), RateLimits::default()).unwrap(),
            limits: Limits::default(),
            metrics: Metrics::new(JobCounts::default),
            health: Health { store, stopping: stopping.clone() },
        };
        let app = around.around(Router::new().route("/v4/jobs/{id}", get(|| async { "a job" })));
        let ask = async |path: &str, token: Option<&str>| {
            let mut request = Request::get(path);
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert!(response.headers().contains_key(REQUEST_ID), "{path}");
            let (status, body) = (response.status(), response.into_body().collect().await.unwrap());
            (status, String::from_utf8(body.to_bytes().to_vec()).unwrap())
        };
        for path in ["/healthz", "/readyz"] {
            assert_eq!(ask(path, None).await.0, StatusCode::OK, "{path}");
        }
        for path in ["/v4/jobs/7", "/metrics", "/nowhere", "/healthz/x"] {
            let (status, body) = ask(path, None).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(body.contains("\"exception\""), "{path}: {body}");
        }
        let token = Some(token.expose());
        assert_eq!(ask("/v4/jobs/7", token).await, (StatusCode::OK, "a job".to_owned()));
        assert_eq!(ask("/nowhere", token).await.0, StatusCode::NOT_FOUND);
        let (_, metrics) = ask("/metrics", token).await;
        let counted = "publish_http_requests_total{method=\"GET\",route=\"/v4/jobs/{id}\",status=\"200\"} 1";
        assert!(metrics.contains(counted), "{metrics}");
        stopping.cancel();
        assert_eq!(ask("/healthz", None).await.0, StatusCode::OK);
        assert_eq!(ask("/readyz", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn a_stream_of_events_ends_with_the_server_and_what_was_sent_stays() {
        let endless = get(|| async {
            let first = futures::stream::iter([Ok::<_, std::io::Error>("data: 1\n\n")]);
            let body = Body::from_stream(first.chain(futures::stream::pending()));
            ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
        });
        let stopping = CancellationToken::new();
        let app = Router::new().route("/", endless).layer(from_fn_with_state(stopping.clone(), end_streams));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
        stopping.cancel();
        assert!(body.frame().await.is_none());
    }
}
