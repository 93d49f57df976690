//! The table `[storage.s3]`.

use std::path::PathBuf;
use std::sync::Arc;

use publish_core::{Result, Secret, Storage};
use publish_server::StorageFactory;
use publish_storage::{S3Config, S3Storage};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings_of;

/// How S3 is reached. What is not set comes from where Amazon's own clients take it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct S3Settings {
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    profile: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    path_style: Option<bool>,
    role_arn: Option<String>,
    external_id: Option<String>,
    sts_endpoint: Option<String>,
    ca_file: Option<PathBuf>,
}

impl S3Settings {
    pub(super) fn storage(&self) -> Result<S3Storage> {
        let mut config = S3Config::default();
        config.access_key_id.clone_from(&self.access_key_id);
        config.secret_access_key.clone_from(&self.secret_access_key);
        config.session_token.clone_from(&self.session_token);
        config.profile.clone_from(&self.profile);
        config.region.clone_from(&self.region);
        config.endpoint.clone_from(&self.endpoint);
        config.path_style = self.path_style;
        config.role_arn.clone_from(&self.role_arn);
        config.external_id.clone_from(&self.external_id);
        config.sts_endpoint.clone_from(&self.sts_endpoint);
        config.ca_file.clone_from(&self.ca_file);
        S3Storage::new(config).map_err(|error| error.with_context("settings", "storage.s3"))
    }
}

/// Connections of the vendor `s3`: the same settings as the table's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct S3Factory;

impl StorageFactory for S3Factory {
    fn vendor(&self) -> &'static str {
        "s3"
    }

    fn build(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(settings_of::<S3Settings>(settings)?.storage()?))
    }
}
