//! Avro object container files.

mod codec;
mod columns;
mod decode;
mod format;
mod header;
mod inspect;
mod schema;
mod write;

pub use format::AvroFormat;
