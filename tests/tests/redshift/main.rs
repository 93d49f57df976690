//! The real binary against the Redshift emulator and an S3 server.
//!
//! Values are read back by psycopg2.

mod checks;
mod cuts;
mod dependents;
mod example;
mod golden;
mod kills;
mod matrix;
mod once;
mod readers;
mod refusals;
mod storage_faults;
