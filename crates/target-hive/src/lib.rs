//! Publishes into Apache Hive: tables over directories of HDFS, replaced whole or appended to in one act.

mod commit;
mod config;
mod ddl;
mod error;
pub mod journal;
mod metastore;
mod plan;
mod session;
mod table;
mod target;
mod types;

pub use config::{
    AppendFiles, FileLayout, Front, HiveAuth, HiveConfig, HiveTls, HiveTransport, NewTableKind,
};
pub use table::{TableFormat, TableKind};
pub use target::{HiveFactory, HiveTarget};
pub use types::HiveType;
