//! The HTTP service of a publish engine: as a router that a host nests into its own, and as a server people run.
//!
//! A client registers the results of a finished job as a *job group*, and publishes them by a *connection*:
//! `PUT /v3/jobGroups/<id>/publish`. Each publish is a *job*, whose run is carried out by the engine that the host brings.
//!
//! ```text
//! request ─► access ─► api ─► jobs.submit ─► store ◄── claim ── runner ─► engine ─► target
//!            token     shapes  checks        queue              events ─► log, percent, SSE
//! ```
//!
//! | part | does |
//! | --- | --- |
//! | [`PublishServer`] | puts everything together: a router, or a listener with TLS and limits |
//! | [`Jobs`], [`JobRunner`] | accept, plan, cancel and watch jobs; run them |
//! | [`Store`], [`SqlStore`] | keep everything in SQLite, for one server, or in PostgreSQL, for many |
//! | [`Connections`] | makes targets and storages of stored connections |
//! | [`Sealer`], [`Keyring`] | keep credentials unreadable in the store |
//! | [`Access`], [`AllowedLocations`] | say who may call, and which results may be read |
//!
//! Several servers share the jobs of one PostgreSQL. A job's run id is made when it is accepted; the server that takes over
//! the job of a dead one repeats that run, and the journal at the target sees to it that nothing is loaded twice.
//!
//! ```
//! use std::sync::Arc;
//!
//! use publish_core::{Engine, Registry};
//! use publish_server::{AllowedLocations, Keyring, PublishServer, SealingKey, SqlStore};
//! use target_sqlite::SqliteFactory;
//!
//! # #[tokio::main]
//! # async fn main() -> publish_core::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("publish-server.sqlite");
//! let registry = Registry::new().with_target(Arc::new(SqliteFactory));
//! let registry = publish_formats::all().into_iter().fold(registry, Registry::with_format);
//! let store = Arc::new(SqlStore::sqlite(&path).await?);
//! let keyring = Keyring::new(SealingKey::parse(&SealingKey::generate()?)?);
//!
//! let server = PublishServer::builder(Engine::new(registry), store, Arc::new(keyring))
//!     .with_locations(AllowedLocations::parse(&["s3://results/finished/".to_owned()])?)
//!     .build()?;
//! let app: axum::Router = axum::Router::new().nest("/publishing", server.router());
//!
//! let jobs = server.start_jobs().await?;
//! // The host serves `app`, then:
//! jobs.stop().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod api;
mod connect;
mod jobs;
mod model;
mod secrets;
mod serve;
mod server;
mod store;

pub use access::{
    Access, AllowedFiles, AllowedLocations, Authenticator, Principal, RateLimits, needed_scope, new_token,
    new_user, require_access, token_hash,
};
pub use api::{Exception, REQUEST_ID, RequestId, document, trace};
pub use connect::{Connections, StorageFactory};
pub use jobs::{JobCounts, JobEvents, JobRunner, JobSettings, Jobs};
pub use model::{
    AccessToken, Connection, ConnectionId, Credentials, Filter, Job, JobEnd, JobEvent, JobGroup, JobGroupId,
    JobId, JobRequest, JobStatus, NewConnection, NewJob, NewJobGroup, NewToken, Output, OutputColumn, Page,
    Publication, PublishCall, Scope, ServerId, Sort, SortField, TokenId, TokenKind,
};
pub use secrets::{Keyring, Sealer, SealingKey, read_or_create_key};
pub use serve::{Limits, Metrics, TlsFiles, check_ready};
pub use server::{PublishServer, PublishServerBuilder};
pub use store::{Beat, JobFilter, PostgresConfig, Pulse, SqlStore, Store};
