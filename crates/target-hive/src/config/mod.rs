//! The settings of a connection.

mod connection;
mod loading;
mod settings;

pub(crate) use connection::LockWaits;
pub use loading::{AppendFiles, Statistics};
pub use settings::{FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
