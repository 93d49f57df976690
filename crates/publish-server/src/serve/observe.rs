//! One line in the log and one count for each answer.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Metrics;
use crate::{Principal, REQUEST_ID};

/// Logs and counts. Belongs around everything else; what it logs carries the request's id.
pub(super) async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let in_flight = metrics.request();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let route = request.extensions().get::<MatchedPath>().cloned();

    let response = next.run(request).await;

    drop(in_flight);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    metrics.answered(&method, route.as_ref().map_or("other", MatchedPath::as_str), status, took);
    let id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let caller = response.extensions().get::<Principal>().map(|caller| caller.name.as_str());
    tracing::info!(
        id,
        %method,
        path,
        status,
        caller,
        peer = peer.map(tracing::field::display),
        milliseconds = took.as_secs_f64() * 1000.0,
        "request answered"
    );
    response
}
