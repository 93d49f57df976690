//! JSON: one object a line, or one array of objects.

mod builder;
mod decode;
mod format;
mod inspect;
mod keys;
mod parser;
mod records;
mod shape;

pub use format::JsonFormat;

#[cfg(test)]
mod tests;
