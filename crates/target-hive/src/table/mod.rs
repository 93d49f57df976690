//! Tables: what they may be called, and what they are.

mod definition;
mod describe;
mod kind;
mod name;
mod version_directory;

pub use kind::{TableFormat, TableKind};

pub(crate) use definition::{HiveTable, SHOWN_PROPERTY, version};
pub(crate) use describe::{DescribeRow, Description};
pub(crate) use name::{checked as checked_name, table_name};
pub(crate) use version_directory::{is_version_directory, version_directory};
