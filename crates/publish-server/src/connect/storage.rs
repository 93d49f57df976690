//! Kinds of storages.

use std::fmt;
use std::sync::Arc;

use publish_core::{Result, Storage};
use serde_json::{Map, Value};

/// Builds storages of one kind from a connection's settings.
pub trait StorageFactory: fmt::Debug + Send + Sync + 'static {
    /// The vendor's name in connections, such as `s3`.
    fn vendor(&self) -> &'static str;

    /// Checks the settings and builds the storage. Does not connect.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) that names the setting.
    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Storage>>;
}
