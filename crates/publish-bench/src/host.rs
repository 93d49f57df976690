//! The engine under measurement.

use std::path::Path;
use std::sync::Arc;

use publish_core::{
    ActionName, Engine, FileFormat, Location, PublishRequest, Registry, RequestOptions, Result, Source,
    Storage, TableNaming,
};
use publish_storage::{FileStorage, MemoryStorage};
use serde::{Deserialize, Serialize};
use target_sqlite::SqliteFactory;

use crate::null_target::NullFactory;

/// The table that benchmarks publish to unless they need several.
pub(crate) const TABLE: &str = "bench";

/// An S3 endpoint and the keys that the engine reads with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct S3Access {
    pub(crate) endpoint: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// An engine with all formats, all targets and the storages that need no settings, and S3 where it is told.
pub(crate) fn engine(s3: Option<&S3Access>) -> Result<Engine> {
    let storages: [Arc<dyn Storage>; 2] =
        [Arc::new(FileStorage::default()), Arc::new(MemoryStorage::default())];
    let registry = Registry::new().with_target(Arc::new(SqliteFactory)).with_target(Arc::new(NullFactory));
    let registry = with_services(storages.iter().fold(registry, Registry::with_storage), s3)?;
    Ok(Engine::new(publish_formats::all().into_iter().fold(registry, Registry::with_format)))
}

#[cfg(feature = "services")]
fn with_services(registry: Registry, s3: Option<&S3Access>) -> Result<Registry> {
    crate::services::register(registry, s3)
}

#[cfg(not(feature = "services"))]
fn with_services(registry: Registry, _: Option<&S3Access>) -> Result<Registry> {
    Ok(registry)
}

/// The address of a local folder or file.
pub(crate) fn local(path: &Path) -> Result<Location> {
    publish_storage::local_location(&path.to_string_lossy(), Path::new("/"))
}

/// A request for every file of `format` in a folder, under an exact name.
pub(crate) fn request(results: Location, format: FileFormat, table: &str, action: &str) -> PublishRequest {
    let options = RequestOptions::default().with_table_naming(TableNaming::Exact);
    let source = Source::new(vec![results]).with_format(format);
    PublishRequest::new(source, table, ActionName::from(action.to_owned())).with_options(options)
}
