//! The statements, as text.

pub(crate) mod catalog;
mod copy;
pub(crate) mod journal;
mod quote;
mod table;

pub(crate) use copy::{Compression, CopyFormat, CopyStatement, FieldNames, TextOptions};
pub(crate) use quote::{literal, quoted, table as table_ref};
pub(crate) use table::*;
