//! The table `[storage.hdfs]`.

use std::path::PathBuf;
use std::sync::Arc;

use publish_core::{Result, Storage};
use publish_server::StorageFactory;
use publish_storage::{HdfsConfig, HdfsStorage};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings_of;

/// How HDFS is reached. What is not set comes from Hadoop's own environment variables and files.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HdfsSettings {
    hadoop_conf_dir: Option<PathBuf>,
    user: Option<String>,
    name_node: Option<String>,
}

impl HdfsSettings {
    pub(super) fn storage(&self) -> Result<HdfsStorage> {
        let mut config = HdfsConfig::default();
        config.hadoop_conf_dir.clone_from(&self.hadoop_conf_dir);
        config.user.clone_from(&self.user);
        config.name_node.clone_from(&self.name_node);
        HdfsStorage::new(config).map_err(|error| error.with_context("settings", "storage.hdfs"))
    }
}

/// Connections of the vendor `hdfs`: the same settings as the table's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HdfsFactory;

impl StorageFactory for HdfsFactory {
    fn vendor(&self) -> &'static str {
        "hdfs"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(settings_of::<HdfsSettings>(settings)?.storage()?))
    }
}
