//! From stored connections to targets and storages.

mod connections;
mod redact;
mod settings;
mod storage;

pub use connections::Connections;
pub(crate) use redact::Redactor;
pub use storage::StorageFactory;
