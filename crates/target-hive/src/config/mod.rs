//! The settings of a connection.

mod connection;
mod settings;

pub(crate) use connection::LockWaits;
pub use settings::{FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
