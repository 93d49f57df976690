//! Objects of Amazon S3, and of what speaks its protocol.

mod clients;
mod config;
mod delete;
mod error;
mod list;
mod place;
mod read;
mod store;
mod upload;
mod write;

pub use config::S3Config;
pub use store::S3Storage;
