//! Parquet files.

mod chunks;
mod columns;
mod decode;
pub(crate) mod footer;
mod format;
mod int96;
mod stored;
mod write;

pub use format::ParquetFormat;
