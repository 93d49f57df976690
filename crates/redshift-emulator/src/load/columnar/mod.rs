//! Parquet, as the service's Spectrum layer reads it: columns by position, types that must agree, errors of its own.
//!
//! Decoded by the low-level column readers, without Arrow: what a product writes by Arrow is judged by another reader.

mod judge;
mod nested;
mod read;
mod scan_error;
mod source;
mod value;

pub(crate) use read::read_parquet;
