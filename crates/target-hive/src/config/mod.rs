//! The settings of a connection.

mod connection;
mod kerberos;
mod settings;

pub(crate) use connection::LockWaits;
pub use kerberos::{HiveKerberos, HiveProtection};
pub use settings::{FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
