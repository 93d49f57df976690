//! JSON: one object a line, or one array of objects.

mod builder;
mod decode;
mod format;
mod inspect;
mod keys;
mod parser;
mod print;
mod records;
mod shape;
mod write;

pub use format::JsonFormat;

pub(crate) use builder::text_or_json_column;
pub(crate) use print::json_printer;

#[cfg(test)]
mod tests;
