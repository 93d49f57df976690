//! Result files to Arrow record batches and back.

mod agreement;
mod avro;
mod blocking;
mod canonical;
mod parquet;

pub use avro::AvroFormat;
