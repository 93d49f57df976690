//! A host that brings its own target and its own action, by the public interface alone.
//!
//! - [`FolderTarget`] publishes to a folder of CSV files, with a catalog that says which of them are which table.
//! - [`Roll`] is an action: a table that keeps its last publications.
//!
//! The program beside this library puts both into a registry and publishes files with them. The tests hold both to the
//! test kit's suites.

mod catalog;
mod commit;
mod journal;
mod roll;
mod session;
mod target;
mod types;

pub use roll::Roll;
pub use target::{FolderFactory, FolderTarget};
