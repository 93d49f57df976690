//! The PostgreSQL server behind the proxy: found, started in a scratch folder, stopped.

mod locate;
mod plain;
mod process;

pub(crate) use locate::find_programs;
pub use plain::PlainServer;
pub(crate) use process::{SUPERUSER, Server};
