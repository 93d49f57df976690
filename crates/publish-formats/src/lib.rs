//! Result files to Arrow record batches and back.

mod agreement;
mod all;
mod avro;
mod blocking;
mod canonical;
mod compression;
mod csv;
mod encoding;
mod infer;
mod input;
mod json;
mod parquet;
mod text;

pub use all::all;
pub use avro::AvroFormat;
pub use csv::CsvFormat;
pub use json::JsonFormat;
pub use parquet::ParquetFormat;
