//! Where the service keeps what it knows.
//!
//! [`Store`] says what a store does. [`SqlStore`] does it with SQL that SQLite and PostgreSQL both understand: the statements
//! are written once, and a [`Database`](database) runs them.

mod contract;
mod database;
mod postgres;
mod sql;
mod sqlite;

pub use contract::{Beat, JobFilter, Pulse, Store};
pub use postgres::PostgresConfig;
pub use sql::SqlStore;
