//! Publishes into a SQLite file: the embedded target that needs no server.
mod cells;
mod commit;
mod config;
mod database;
mod declared;
mod dependents;
mod error;
mod filesystem;
mod fit;
mod inspect;
mod journal;
mod lease;
mod load;
mod nested;
mod plan;
mod preview;
mod script;
mod session;
mod sql;
mod stored;
mod target;
mod text;
mod types;

pub use config::{SqliteConfig, UnsignedMode};
pub use preview::Preview;
pub use target::{SqliteFactory, SqliteTarget};
