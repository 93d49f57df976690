//! From settings to a server.

use std::path::Path;
use std::sync::Arc;

use publish_core::{Engine, Error, ErrorKind, Registry, Result, Secret, Storage};
use publish_server::{
    Access, AllowedFiles, AllowedLocations, Keyring, PublishServer, RateLimits, SealingKey, SqlStore,
    StorageFactory, Store, read_or_create_key,
};

use super::ServerSettings;
use crate::storages::{HdfsFactory, S3Factory};

/// How the address of a PostgreSQL begins.
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

/// Builds the server that the settings mean. `registry` has the targets, formats and storages of the settings.
///
/// # Errors
/// Whatever is wrong with the settings, or if the store can't be reached.
pub(crate) async fn build(
    settings: &ServerSettings,
    registry: Registry,
    is_open: bool,
) -> Result<PublishServer> {
    let allowed = AllowedLocations::parse(&settings.locations)
        .map_err(|error| error.with_context("setting", "server.locations"))?;
    if allowed.is_empty() {
        tracing::warn!("results may be read from nowhere yet: name folders in the setting locations");
    }
    let files: Arc<dyn Storage> = Arc::new(AllowedFiles::new(&allowed)?);
    let registry = registry.with_storage(&files);
    let keyring = keyring(settings)?;
    let store = open_store(settings).await?;
    let limits = RateLimits::new(settings.rate());
    let access = if is_open { Access::open(limits) } else { Access::by_tokens(Arc::clone(&store), limits)? };
    let storages: Vec<Arc<dyn StorageFactory>> = vec![Arc::new(S3Factory), Arc::new(HdfsFactory)];
    PublishServer::builder(Engine::new(registry), store, Arc::new(keyring))
        .with_access(access)
        .with_locations(allowed)
        .with_storages(storages)
        .with_jobs(settings.jobs())
        .with_limits(settings.limits())
        .with_tls(settings.tls()?)
        .build()
}

/// Opens the store, and brings it to this version's form.
///
/// # Errors
/// If it can't be reached or made.
pub(crate) async fn open_store(settings: &ServerSettings) -> Result<Arc<dyn Store>> {
    let store = if is_postgres(&settings.store) {
        SqlStore::postgres(&settings.postgres()).await?
    } else {
        SqlStore::sqlite(Path::new(settings.store.expose())).await?
    };
    Ok(Arc::new(store))
}

fn is_postgres(store: &Secret) -> bool {
    POSTGRES.iter().any(|scheme| store.expose().starts_with(scheme))
}

fn keyring(settings: &ServerSettings) -> Result<Keyring> {
    let mut keys = settings
        .keys
        .iter()
        .map(|key| SealingKey::parse(key).map_err(|error| error.with_context("setting", "server.keys")));
    let Some(first) = keys.next() else {
        if is_postgres(&settings.store) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "Servers that share a PostgreSQL need the same key for credentials; set keys",
            )
            .with_context("setting", "server.keys"));
        }
        return Ok(Keyring::new(read_or_create_key(&settings.key_file)?));
    };
    keys.try_fold(Keyring::new(first?), |ring, key| Ok(ring.with_older(key?)))
}
