//! The statements, as text.

mod catalog;
mod grants;
mod quote;
mod statements;

pub(crate) use catalog::{SHOW_DATABASES, describe_partition, show_partitions, show_tables};
pub(crate) use grants::{Grant, grant_form, show_grants};
use quote::{quoted, quoted_table, text};
pub(crate) use statements::{
    analyze, count_values, create_external, create_insert_only, describe, drop_table, insert_select,
    keep_files, load_data, metastore_alter, rename, select_file, set_location, show_table,
};
