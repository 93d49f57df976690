//! The store in SQL.

mod connections;
mod events;
mod groups;
mod jobs;
mod list;
mod queue;
mod store;
mod tokens;

pub use store::SqlStore;
