//! What is stored: buckets, objects and unfinished uploads.

mod checksum;
mod condition;
mod list;
mod object;
mod service;
mod state;
mod upload;

pub(crate) use state::Store;
