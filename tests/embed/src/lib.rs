//! A host that brings its own target and its own action, by the public interface alone.
//!
//! - [`FolderTarget`] publishes to a folder of CSV files, with a catalog that says which of them are which table.
//! - [`Roll`] is an action: a table that keeps its last publications.
//!
//! The program beside this library puts both into a registry and publishes files with them. The tests hold both to the
//! test kit's suites.
//!
//! ```
//! use std::sync::Arc;
//!
//! use publish_core::{Action, ActionName, Registry, TargetFactory};
//! use publish_embed::{FolderFactory, Roll};
//!
//! let registry = Registry::new().with_target(Arc::new(FolderFactory)).with_action(Arc::new(Roll));
//! assert_eq!(registry.action(&ActionName::new("roll"))?.name(), &Roll::NAME);
//!
//! let folder = std::env::temp_dir().display().to_string();
//! let settings = serde_json::Map::from_iter([("folder".to_owned(), folder.into())]);
//! let target = registry.build_target(FolderFactory.name(), &settings)?;
//! assert_eq!(target.name(), FolderFactory.name());
//! # Ok::<(), publish_core::Error>(())
//! ```

mod catalog;
mod commit;
mod journal;
mod roll;
mod session;
mod target;
mod types;

pub use roll::Roll;
pub use target::{FolderFactory, FolderTarget};
