//! Result files to Arrow record batches and back.

mod agreement;
mod avro;
mod blocking;
mod canonical;
mod compression;
mod csv;
mod encoding;
mod infer;
mod input;
mod parquet;
mod text;

pub use avro::AvroFormat;
pub use csv::CsvFormat;
pub use parquet::ParquetFormat;
