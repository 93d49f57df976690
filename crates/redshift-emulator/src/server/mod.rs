//! The PostgreSQL server behind the proxy: found, started in a scratch folder, stopped.

mod locate;
mod process;

pub(crate) use locate::find_programs;
pub(crate) use process::{SUPERUSER, Server};
