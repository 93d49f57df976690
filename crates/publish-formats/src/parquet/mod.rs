//! Parquet files.

mod chunks;
mod columns;
mod decode;
pub(crate) mod footer;
mod format;
mod int96;
pub(crate) mod orders;
mod stored;
mod write;

pub use format::ParquetFormat;
