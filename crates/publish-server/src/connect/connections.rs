//! Stored connections, and what is built of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use publish_core::{Error, ErrorKind, Registry, Result, Storage, Target, TargetName};
use serde_json::{Map, Value};

use super::StorageFactory;
use super::redact::Redactor;
use super::settings::{check_no_references, check_no_secrets, results_storage, settings};
use crate::{Connection, ConnectionId, Credentials, NewConnection, Sealer, Store};

/// Makes connections, and builds targets and storages of them.
///
/// What was built is kept and shared by the runs: a target and a storage have connections and leases of their own.
#[derive(Clone, Debug)]
pub struct Connections {
    registry: Registry,
    storages: Arc<BTreeMap<&'static str, Arc<dyn StorageFactory>>>,
    store: Arc<dyn Store>,
    sealer: Arc<dyn Sealer>,
    built: Arc<Mutex<HashMap<ConnectionId, Built>>>,
}

/// What a connection became.
#[derive(Clone, Debug)]
struct Built {
    place: Place,
    redactor: Redactor,
    results: Option<ConnectionId>,
}

#[derive(Clone, Debug)]
enum Place {
    Target(Arc<dyn Target>),
    Storage(Arc<dyn Storage>),
}

impl Connections {
    /// Builds targets by `registry` and storages by `storages`.
    pub fn new(
        registry: Registry,
        storages: Vec<Arc<dyn StorageFactory>>,
        store: Arc<dyn Store>,
        sealer: Arc<dyn Sealer>,
    ) -> Self {
        let storages = storages.into_iter().map(|factory| (factory.vendor(), factory)).collect();
        Self { registry, storages: Arc::new(storages), store, sealer, built: Arc::default() }
    }

    /// Checks and stores a connection. Does not connect.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names the field, or the setting that the target or storage refuses.
    /// It holds none of the credentials.
    pub async fn create(&self, new: &NewConnection) -> Result<Connection> {
        check_no_secrets(&new.params)?;
        check_no_references(&new.params)?;
        check_no_references(new.credentials.expose())?;
        if let Some(storage) = results_storage(&new.params)? {
            self.storage(storage).await.map_err(|error| error.with_context("parameter", "storage"))?;
        }
        let mut connection = Connection::new(ConnectionId(0), new, None, Utc::now());
        self.build(&connection, &new.credentials)?;
        connection.id = self.store.reserve_connection().await?;
        if !new.credentials.is_empty() {
            let plain = serde_json::to_vec(new.credentials.expose()).map_err(|error| {
                Error::new(ErrorKind::InvalidRequest, "The credentials have no JSON text").with_source(error)
            })?;
            connection.credentials = Some(self.sealer.seal(&plain, &bound_to(connection.id))?);
        }
        self.store.insert_connection(&connection).await
    }

    /// The target of a connection.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if there is no such connection, it was deleted, or it is one to a
    /// storage.
    pub async fn target(&self, id: ConnectionId) -> Result<Arc<dyn Target>> {
        match self.built(id).await?.place {
            Place::Target(target) => Ok(target),
            Place::Storage(_) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "This connection reads results; name one to a target",
            )
            .with_context("connection", id)),
        }
    }

    /// The storage of a connection.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if there is no such connection, it was deleted, or it is one to a
    /// target.
    pub async fn storage(&self, id: ConnectionId) -> Result<Arc<dyn Storage>> {
        match self.built(id).await?.place {
            Place::Storage(storage) => Ok(storage),
            Place::Target(_) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "This connection publishes; name one to a storage, such as s3 or hdfs",
            )
            .with_context("connection", id)),
        }
    }

    /// The connection to the storage by which a target's results are read, where they name none: its parameter `storage`.
    pub(crate) async fn results_storage(&self, id: ConnectionId) -> Result<Option<ConnectionId>> {
        Ok(self.built(id).await?.results)
    }

    /// What removes a connection's secrets from a text.
    pub(crate) async fn redactor(&self, id: ConnectionId) -> Result<Redactor> {
        Ok(self.built(id).await?.redactor)
    }

    async fn built(&self, id: ConnectionId) -> Result<Built> {
        let connection = self.store.connection(id).await?;
        let Some(connection) = connection.filter(|connection| connection.deleted_at.is_none()) else {
            self.kept().remove(&id);
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "There is no such connection; make it, or name another one",
            )
            .with_context("connection", id));
        };
        if let Some(built) = self.kept().get(&id) {
            return Ok(built.clone());
        }
        let credentials = self.credentials(&connection)?;
        let built =
            self.build(&connection, &credentials).map_err(|error| error.with_context("connection", id))?;
        // Of two that were built at once the first is kept, so that all runs share one.
        Ok(self.kept().entry(id).or_insert(built).clone())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Built>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn credentials(&self, connection: &Connection) -> Result<Credentials> {
        let Some(sealed) = &connection.credentials else { return Ok(Credentials::default()) };
        let plain = self
            .sealer
            .open(sealed, &bound_to(connection.id))
            .map_err(|error| error.with_context("connection", connection.id))?;
        serde_json::from_slice::<Map<String, Value>>(&plain).map(Credentials::new).map_err(|_| {
            // The cause may quote the text.
            Error::new(ErrorKind::Unexpected, "The credentials of the connection can't be read; make it anew")
                .with_context("connection", connection.id)
        })
    }

    fn build(&self, connection: &Connection, credentials: &Credentials) -> Result<Built> {
        let redactor = Redactor::of(credentials);
        let results = results_storage(&connection.params)?;
        let settings =
            settings(connection, credentials).and_then(|settings| self.place(&connection.vendor, &settings));
        match settings {
            Ok(place) => Ok(Built { place, redactor, results }),
            Err(error) => Err(redactor.error(&error)),
        }
    }

    fn place(&self, vendor: &str, settings: &Map<String, Value>) -> Result<Place> {
        if let Some(factory) = self.storages.get(vendor) {
            return Ok(Place::Storage(factory.build(settings)?));
        }
        if !self.registry.targets().any(|factory| factory.name().as_str() == vendor) {
            let targets = self.registry.targets().map(|factory| factory.name().as_str());
            let known = targets.chain(self.storages.keys().copied()).collect::<Vec<_>>().join(", ");
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "There is no such vendor; use one of the known ones",
            )
            .with_context("vendor", vendor)
            .with_context("known", known));
        }
        Ok(Place::Target(self.registry.build_target(&TargetName::from(vendor.to_owned()), settings)?))
    }
}

/// What a connection's credentials are sealed for.
fn bound_to(id: ConnectionId) -> Vec<u8> {
    format!("connection {id}").into_bytes()
}
