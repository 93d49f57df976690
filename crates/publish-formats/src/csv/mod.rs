//! Delimited text.

mod decode;
mod dialect;
mod format;
mod inspect;
mod records;
mod write;

pub use format::CsvFormat;

use dialect::Dialect;
use records::RecordReader;

#[cfg(test)]
mod tests;
