//! The settings of a connection.

mod connection;
mod settings;

pub use settings::{
    AppendFiles, FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind,
};
