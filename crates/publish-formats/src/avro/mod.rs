//! Avro object container files.

mod codec;
mod decode;
mod format;
mod header;
mod inspect;
mod schema;

pub use format::AvroFormat;
