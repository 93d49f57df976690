//! Hive's types: read from a table, made for results, and which values fit where.

mod fit;
mod hive_type;
mod mapping;
mod staged;

pub use hive_type::HiveType;

pub(crate) use fit::HiveFit;
pub(crate) use mapping::{map_schema, read_into_new};
pub(crate) use staged::staged_type;
