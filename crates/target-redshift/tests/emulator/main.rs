//! Publishes into the emulator, which stands in for the service.

// All of it is test code, though not all is marked as such.
#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod actions;
mod commits;
mod contract;
mod fixture;
mod load_errors;
mod logins;
mod over_s3;
mod plans;
mod replaces;
mod secrets;
mod statements;
mod values;
