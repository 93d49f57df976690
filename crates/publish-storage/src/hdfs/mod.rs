//! Files on HDFS, by the protocols of its name nodes and data nodes: no JVM, no native Hadoop library.

mod clients;
mod config;
mod error;
mod list;
mod read;
mod rename;
mod store;
mod write;

pub use config::HdfsConfig;
pub use store::HdfsStorage;
