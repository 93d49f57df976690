//! The metastore's calls and what its exceptions mean, without any I/O.

pub(crate) mod fault;
pub(crate) mod messages;
