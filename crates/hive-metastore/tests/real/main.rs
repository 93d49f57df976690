//! Against real metastores: one on PostgreSQL, and one on Derby.
//!
//! The tests start what they need themselves. `HIVE_STACK` names the base folder of a stack that runs already, for the database
//! that it has; `HIVE_TESTS=skip` leaves them out.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod connections;
mod locks;
mod references;
mod stack;
mod swaps;
mod tables;
