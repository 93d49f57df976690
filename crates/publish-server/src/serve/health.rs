//! Whether the server lives, whether it can work, and what it counted.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Metrics;
use super::metrics::CONTENT_TYPE as METRICS_TYPE;
use crate::{Exception, Store};

/// Time in which the store has to answer.
const STORE_TIME: Duration = Duration::from_secs(2);

/// What the health of a server depends on.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) stopping: CancellationToken,
}

/// `GET /healthz`: 200 while the process answers. `GET /readyz`: 200 while the store can be used and the server is not
/// stopping, else 503. Both ask for no credentials and tell nothing else.
pub(super) fn health_routes(health: Health) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(health)
}

/// `GET /metrics`.
pub(super) fn metrics_route(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(tell_metrics)).with_state(metrics)
}

async fn ready(State(health): State<Health>) -> Response {
    let refuse = |details| Exception::of_status(StatusCode::SERVICE_UNAVAILABLE, details).into_response();
    if health.stopping.is_cancelled() {
        return refuse("This server is stopping");
    }
    match timeout(STORE_TIME, health.store.check()).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store can't be used");
            refuse("The store can't be used")
        }
        Err(_) => refuse("The store does not answer"),
    }
}

async fn tell_metrics(State(metrics): State<Metrics>) -> Result<Response, Exception> {
    Ok(([(CONTENT_TYPE, METRICS_TYPE)], metrics.text()?).into_response())
}
