//! Storages: what `publish.toml` says of them, a file for each kind.

mod hdfs;
mod s3;

use std::sync::Arc;

use publish_core::{Registry, Result, Storage};
use publish_storage::FileStorage;
use serde::Deserialize;

/// The tables `[storage.KIND]` of the settings. A kind that is not there is used with its defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSettings {
    #[serde(default)]
    hdfs: hdfs::HdfsSettings,
    #[serde(default)]
    s3: s3::S3Settings,
}

impl StorageSettings {
    /// Adds every storage to what this tool offers.
    pub(crate) fn register(&self, registry: Registry) -> Result<Registry> {
        let storages: [Arc<dyn Storage>; 3] =
            [Arc::new(FileStorage::default()), Arc::new(self.hdfs.storage()?), Arc::new(self.s3.storage()?)];
        Ok(storages.iter().fold(registry, Registry::with_storage))
    }
}
