//! The settings of a connection.

mod certificate;
mod connection;
mod kerberos;
mod loading;
mod settings;

pub use certificate::HiveClientCertificate;
pub(crate) use connection::LockWaits;
pub use kerberos::{HiveKerberos, HiveProtection};
pub use loading::{AppendFiles, Statistics};
pub use settings::{FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
