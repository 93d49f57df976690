//! HiveServer2's protocol without any I/O: bytes of a message in, values out, and the reverse.
//!
//! The codec is our own and small. The `thrift` crate's allocates what a string announces and copies every cell,
//! and its blocking reader cannot say "more bytes are needed", which an unframed connection must know. This one
//! works on slices of the message, checks each announced length against the bytes that are there, and shares the
//! walk over unknown fields with the search for a message's end.

pub(crate) mod columns;
pub(crate) mod envelope;
pub(crate) mod messages;
pub(crate) mod reader;
pub(crate) mod scan;
pub(crate) mod wire;
pub(crate) mod writer;
