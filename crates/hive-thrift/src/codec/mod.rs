//! Thrift's binary protocol, in its strict form, without any I/O: bytes of a message in, values out, and the reverse.
//!
//! The codec is our own and small. The `thrift` crate's allocates what a string announces and copies every cell,
//! and its blocking reader cannot say "more bytes are needed", which an unframed connection must know. This one
//! works on slices of the message, checks each announced length against the bytes that are there, and shares the
//! walk over unknown fields with the search for a message's end.

mod envelope;
mod reader;
mod record;
mod scan;
mod wire;
mod writer;

pub use envelope::{Reply, encode, open, read};
pub use reader::Reader;
pub use record::Record;
pub use scan::Scanner;
pub use wire::{Field, Wire, WireError, kind};
pub use writer::Writer;
