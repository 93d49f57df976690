//! Where the objects that COPY reads come from.

mod endpoint;
mod folder;
mod ranged;
mod store;

pub use endpoint::EndpointStore;
pub use folder::FolderStore;
pub use store::{Access, Credentials, Object, ObjectEntry, ObjectError, ObjectErrorKind, ObjectStore};
