//! The real binary as a server, over real sockets.
#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod access;
mod api;
mod busy;
mod clients;
mod example;
mod fleet;
mod limits;
mod restarts;
mod stopping;
mod tls;
mod warehouses;
mod wrong_requests;

use publish_tests::{Place, Server};

/// Lets everybody do everything.
const NO_ACCESS: &[&str] = &["--no-access"];

/// Starts a server in this place with these settings of the table `[server]`; it reads the samples.
fn start(place: &Place, settings: &str, arguments: &[&str]) -> Server {
    let samples = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/data");
    place.write("publish.toml", format!("[server]\nlocations = [{samples:?}]\n{settings}\n"));
    Server::start_with(place, arguments)
}
