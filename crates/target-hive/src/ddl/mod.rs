//! The statements, as text.

mod quote;
mod statements;

use quote::{quoted, quoted_table, text};
pub(crate) use statements::{
    create_external, create_insert_only, describe, drop_table, load_data, rename, select_file, set_location,
};
