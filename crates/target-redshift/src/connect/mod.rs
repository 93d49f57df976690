//! Connections: who logs in, how they are encrypted, and how a statement on them is stopped.

mod link;
mod login;
mod tls;

pub(crate) use link::{Answer, Connector, Link};
