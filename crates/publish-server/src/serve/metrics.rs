//! What Prometheus is told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use axum::http::Method;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, LabelSetEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use publish_core::{Error, ErrorKind, Result};

use crate::JobCounts;

/// The content type of [`Metrics::text`].
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Methods that are told apart.
const KNOWN_METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Upper ends of the buckets of answer times, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Counts what a server does. A value that is cheap to clone and counts together with its clones.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answer, Counter<u64, AtomicU64>>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
}

/// Labels of an answer. Each has few values: addresses with ids in them would fill any memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

impl EncodeLabelSet for Answer {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let status = self.status.to_string();
        [("method", self.method), ("route", self.route.as_str()), ("status", status.as_str())].encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route(String);

impl EncodeLabelSet for Route {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [("route", self.0.as_str())].encode(encoder)
    }
}

impl Metrics {
    /// Starts at nothing. `jobs` is asked for the counts of jobs whenever the metrics are.
    pub(crate) fn new(jobs: impl Fn() -> JobCounts + Send + Sync + 'static) -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("publish"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
        };
        let registry = &mut inner.registry;
        registry.register("http_requests", "Requests that were answered", inner.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the headers of an answer",
            Unit::Seconds,
            inner.seconds.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests without an answer yet",
            inner.in_flight.clone(),
        );
        registry.register("http_connections", "Open connections", inner.connections.clone());
        registry.register_collector(Box::new(JobsCollector(jobs)));
        Self(Arc::new(inner))
    }

    /// Everything, in the text format of OpenMetrics, which Prometheus reads.
    ///
    /// # Errors
    /// [`Unexpected`](ErrorKind::Unexpected) if a value can't be written.
    pub fn text(&self) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The metrics can't be written").with_source(error)
        })?;
        Ok(text)
    }

    /// Counts a request until what is returned is dropped.
    pub(super) fn request(&self) -> Counting {
        Counting::new(&self.0.in_flight)
    }

    /// Counts a connection until what is returned is dropped.
    pub(super) fn connection(&self) -> Counting {
        Counting::new(&self.0.connections)
    }

    /// Counts an answer. `route` is a pattern such as `/v4/jobs/{id}`.
    pub(super) fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = KNOWN_METHODS.into_iter().find(|known| method.as_str() == *known).unwrap_or("other");
        self.0.requests.get_or_create(&Answer { method, route: route.to_owned(), status }).inc();
        self.0.seconds.get_or_create(&Route(route.to_owned())).observe(took.as_secs_f64());
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Reads the counts of jobs when the metrics are read.
struct JobsCollector<F>(F);

impl<F: Fn() -> JobCounts + Send + Sync + 'static> Collector for JobsCollector<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = (self.0)();
        let running = ConstGauge::new(i64::try_from(counts.running).unwrap_or(i64::MAX));
        let described = encoder.encode_descriptor(
            "jobs_running",
            "Jobs that this server runs",
            None,
            MetricType::Gauge,
        )?;
        running.encode(described)?;
        let mut ended = encoder.encode_descriptor(
            "jobs_ended",
            "Jobs that this server ended",
            None,
            MetricType::Counter,
        )?;
        let by_status =
            [("Complete", counts.complete), ("Failed", counts.failed), ("Canceled", counts.canceled)];
        for (status, count) in by_status {
            let labels = [("status", status)];
            ConstCounter::new(count).encode(ended.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl<F> fmt::Debug for JobsCollector<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobsCollector").finish_non_exhaustive()
    }
}

/// One more in a gauge, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counting(Gauge<i64, AtomicI64>);

impl Counting {
    fn new(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_and_odd_methods_are_one() {
        let counts = JobCounts { running: 2, complete: 7, ..JobCounts::default() };
        let metrics = Metrics::new(move || counts);
        let request = metrics.request();
        metrics.answered(&Method::GET, "/v4/jobs/{id}", 200, Duration::from_millis(3));
        for odd in ["BREW", "SIP"] {
            metrics.answered(&Method::from_bytes(odd.as_bytes()).unwrap(), "other", 405, Duration::ZERO);
        }
        let text = metrics.text().unwrap();
        for line in [
            "publish_http_requests_total{method=\"GET\",route=\"/v4/jobs/{id}\",status=\"200\"} 1",
            "publish_http_requests_total{method=\"other\",route=\"other\",status=\"405\"} 2",
            "publish_http_request_duration_seconds_bucket{le=\"0.005\",route=\"/v4/jobs/{id}\"} 1",
            "publish_http_requests_in_flight 1",
            "publish_jobs_running 2",
            "publish_jobs_ended_total{status=\"Complete\"} 7",
            "publish_jobs_ended_total{status=\"Failed\"} 0",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        drop(request);
        assert!(metrics.text().unwrap().contains("publish_http_requests_in_flight 0"));
    }
}
