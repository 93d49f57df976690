//! Result files to Arrow record batches and back.

mod avro;
mod blocking;
mod canonical;
mod parquet;
