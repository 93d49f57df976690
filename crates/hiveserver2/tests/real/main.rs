//! Against a real HiveServer2 over a real HDFS.
//!
//! The tests start the stack themselves. `HIVE_STACK` names the base folder of one that runs already; `HIVE_TESTS=skip`
//! leaves them out.

mod connections;
mod errors;
mod operations;
mod stack;
mod types;
