//! The real binary against a real HiveServer2 over a real HDFS.
//!
//! Values are read back by impyla. `HIVE_TESTS=skip` leaves these tests out; `HIVE_STACK` names the base folder of a
//! stack that runs already.

mod checks;
mod cuts;
mod example;
mod golden;
mod kills;
mod matrix;
mod once;
mod races;
mod readers;
mod server_kills;
mod zones;
