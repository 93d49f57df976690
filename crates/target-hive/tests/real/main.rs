//! The target at a real HiveServer2 over a real HDFS, read by a client that knows nothing of publishing.

// All of it is test code, though not marked as such.
#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod actions;
mod consumed;
mod converted;
mod crashes;
mod facts;
mod metastore_tls;
mod place;
mod readers;
mod replace_table;
mod rotation;
mod shared_directories;
mod values;
mod views;
mod watch;
