//! Files on the disks of this machine, under `file://`.

mod error;
mod list;
mod read;
mod rename;
mod scope;
mod store;
mod write;

pub use store::FileStorage;
