//! The emulator as clients see it, rule by rule: what the service does is done, what it refuses is refused.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod cancel;
mod catalog;
mod dlt;
mod encryption;
mod endpoint;
mod isolation;
mod parquet;
mod support;
mod text;
mod unload;
mod wrangler;
