//! The PostgreSQL wire protocol, version 3, as far as a proxy needs it.

mod backend;
mod message;
mod report;

pub(crate) use backend::Backend;
pub(crate) use message::{Message, MessageReader, MessageWriter, StartupPacket, read_startup};
pub(crate) use report::{Report, Severity};
