//! The settings of a connection.

mod connection;
mod settings;

pub use settings::{FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
