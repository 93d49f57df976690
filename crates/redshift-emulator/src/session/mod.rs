//! One client's connection and the PostgreSQL session behind it.

mod answers;
mod client;
mod connection;
mod extended;
mod late_views;
mod renames;
mod script;
mod shared;
mod simple;
mod startup;
mod tls;

pub(crate) use answers::{CANCELLED, turn_report};
pub(crate) use connection::{LastCopy, Session};
pub(crate) use shared::Shared;
pub(crate) use tls::Tls;
