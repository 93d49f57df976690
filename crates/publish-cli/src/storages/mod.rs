//! Storages: what `publish.toml` and a server's connections say of them, a file for each kind.

mod hdfs;
mod s3;

use std::sync::Arc;

use publish_core::{Error, ErrorKind, Registry, Result, Storage};
use publish_storage::FileStorage;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use hdfs::HdfsFactory;
pub(crate) use s3::S3Factory;

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

/// The settings of a connection.
fn settings_of<S: DeserializeOwned>(settings: &Map<String, Value>) -> Result<S> {
    serde_json::from_value(Value::Object(settings.clone())).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, format!("The connection's settings are not right: {error}"))
    })
}
