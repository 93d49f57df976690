//! Serving: the listener with TLS, limits, health and metrics, the layers around the calls.

mod health;
mod limits;
mod listener;
mod metrics;
mod observe;
mod probe;
mod protect;
mod rest;
mod tls;

pub use limits::Limits;
pub use metrics::Metrics;
pub use probe::check_ready;
pub use tls::TlsFiles;

pub(crate) use health::Health;
pub(crate) use listener::Serving;
pub(crate) use protect::Protection;
