//! HiveServer2's protocol without any I/O: bytes of a message in, values out, and the reverse.
//!
//! The codec itself is that of [`hive_thrift::codec`].

pub(crate) mod columns;
pub(crate) mod envelope;
pub(crate) mod messages;
