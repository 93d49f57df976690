//! Publishes into Apache Hive: tables over directories of HDFS, replaced whole or appended to in one act.

mod config;
mod ddl;
mod error;
pub mod journal;
mod table;
mod types;

pub use config::{AppendFiles, FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind};
pub use table::{TableFormat, TableKind};
pub use types::HiveType;
