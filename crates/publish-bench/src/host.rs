//! The engine and target under measurement.

use std::path::Path;
use std::sync::Arc;

use publish_core::{
    ActionName, Engine, FileFormat, PublishRequest, Registry, RequestOptions, Result, Source, Storage,
    TableNaming, Target,
};
use publish_storage::FileStorage;
use target_sqlite::SqliteFactory;

/// The table that every benchmark publishes to.
pub(crate) const TABLE: &str = "bench";

/// An engine with all formats, local storage and the local target.
pub(crate) fn engine() -> Engine {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::default());
    let registry = Registry::new().with_storage(&storage).with_target(Arc::new(SqliteFactory));
    Engine::new(publish_formats::all().into_iter().fold(registry, Registry::with_format))
}

/// The local target of this file.
pub(crate) fn target(engine: &Engine, database: &Path) -> Result<Arc<dyn Target>> {
    let settings =
        serde_json::Map::from_iter([("file".to_owned(), database.to_string_lossy().into_owned().into())]);
    engine.registry().build_target(&target_sqlite::SqliteTarget::NAME, &settings)
}

/// A request for every file of `format` in a folder, under an exact name.
pub(crate) fn request(results: &Path, format: FileFormat, action: &str) -> Result<PublishRequest> {
    let folder = publish_storage::local_location(&results.to_string_lossy(), Path::new("/"))?;
    let mut options = RequestOptions::default();
    options.table_naming = TableNaming::Exact;
    let source = Source::new(vec![folder]).with_format(format);
    Ok(PublishRequest::new(source, TABLE, ActionName::from(action.to_owned())).with_options(options))
}
