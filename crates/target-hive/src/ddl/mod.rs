//! The statements, as text.

mod quote;
mod statements;

pub(crate) use quote::{quoted, quoted_table, text};
pub(crate) use statements::{
    Properties, create_external, create_insert_only, describe, drop_table, load_data, rename, set_location,
};
