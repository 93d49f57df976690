//! The log of a server, on the error stream.

use publish_core::{Error, ErrorKind, Result};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::args::LogFormat;

/// The variable that says what is logged, such as `info,publish_server=debug`.
const LEVELS: &str = "PUBLISH_LOG";

/// Starts to log: one line an event, as text or as a JSON object.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the levels are not legal.
pub(crate) fn start_log(format: LogFormat) -> Result<()> {
    let levels = std::env::var(LEVELS).unwrap_or_else(|_| "info".to_owned());
    let levels: Targets = levels.parse().map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            "Levels of the log are such as info or info,publish_server=debug",
        )
        .with_context("variable", LEVELS)
        .with_source(error)
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let layer = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(levels))
        .try_init()
        .map_err(|error| Error::new(ErrorKind::Unexpected, "The log can't be started").with_source(error))
}
