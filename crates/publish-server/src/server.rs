//! The service as one value.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use publish_core::{Engine, Result};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, router};
use crate::serve::{Health, Protection, Serving};
use crate::{
    Access, AllowedLocations, Connections, JobRunner, JobSettings, Jobs, Limits, Metrics, RateLimits, Sealer,
    StorageFactory, Store, TlsFiles,
};

/// The HTTP service of an engine: the calls, the jobs they lead to, and what stands around them.
///
/// A host that has a server of its own nests [`router`](Self::router) into it and runs the jobs by
/// [`start_jobs`](Self::start_jobs); [`serve`](Self::serve) does everything.
#[derive(Debug)]
pub struct PublishServer {
    jobs: Jobs,
    connections: Connections,
    app: Router,
    limits: Limits,
    tls: Option<TlsFiles>,
    metrics: Metrics,
    stopping: CancellationToken,
}

impl PublishServer {
    /// Begins a service that publishes by `engine`, keeps what it knows in `store` and seals credentials by `sealer`.
    pub fn builder(engine: Engine, store: Arc<dyn Store>, sealer: Arc<dyn Sealer>) -> PublishServerBuilder {
        PublishServerBuilder {
            engine,
            store,
            sealer,
            storages: Vec::new(),
            access: None,
            locations: AllowedLocations::default(),
            jobs: JobSettings::default(),
            limits: Limits::default(),
            tls: None,
        }
    }

    /// The calls with everything around them: `/v3`, `/v4`, `/openapi.json`, `/healthz`, `/readyz` and `/metrics`.
    ///
    /// Where the peer's address is known, as `axum::extract::ConnectInfo<SocketAddr>` among a request's extensions, it is
    /// logged, and wrong passwords are counted by it.
    pub fn router(&self) -> Router {
        self.app.clone()
    }

    /// What jobs are asked, for a host that asks without HTTP.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// What makes connections, for a host that makes them without HTTP.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// What the service counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Begins to run jobs, for a host that serves the router itself. Stop the runner before the process ends. A server that
    /// runs none still accepts them, for others of its store.
    ///
    /// # Errors
    /// [`Busy`](publish_core::ErrorKind::Busy) if another server uses a store that only one can.
    pub async fn start_jobs(&self) -> Result<JobRunner> {
        JobRunner::start(&self.jobs).await
    }

    /// Answers requests and runs jobs until `stop` ends.
    ///
    /// Then no more connections are accepted and streams of events end; requests that are being answered get
    /// [`Limits::stop_time`], and after them jobs [`JobSettings::stop_time`], before they are handed over.
    ///
    /// # Errors
    /// Before anything is answered: [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) if the certificate can't be
    /// used, or as [`start_jobs`](Self::start_jobs).
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<()> {
        let tls = self.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
        let runner = self.start_jobs().await?;
        let serving = Serving {
            app: self.app,
            tls,
            limits: Arc::new(self.limits),
            metrics: self.metrics,
            stopping: self.stopping.clone(),
        };
        let stop = async {
            stop.await;
            self.stopping.cancel();
        };
        tokio::join!(serving.run(listener), stop);
        runner.stop().await;
        Ok(())
    }
}

/// A [`PublishServer`] that is being put together. Without a word about them it asks for tokens and reads no results.
#[derive(Debug)]
#[must_use]
pub struct PublishServerBuilder {
    engine: Engine,
    store: Arc<dyn Store>,
    sealer: Arc<dyn Sealer>,
    storages: Vec<Arc<dyn StorageFactory>>,
    access: Option<Access>,
    locations: AllowedLocations,
    jobs: JobSettings,
    limits: Limits,
    tls: Option<TlsFiles>,
}

impl PublishServerBuilder {
    /// Adds kinds of storages that connections can be made to.
    pub fn with_storages(mut self, storages: impl IntoIterator<Item = Arc<dyn StorageFactory>>) -> Self {
        self.storages.extend(storages);
        self
    }

    /// Says who is let in. Default: tokens of the store, 500 requests of each in a second.
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// Says where results may be read from. Default: nowhere.
    ///
    /// This looks at addresses. For `file://` let the engine have [`AllowedFiles`](crate::AllowedFiles) as well, which looks
    /// behind links.
    pub fn with_locations(mut self, locations: AllowedLocations) -> Self {
        self.locations = locations;
        self
    }

    /// Sets times and numbers of jobs.
    pub fn with_jobs(mut self, jobs: JobSettings) -> Self {
        self.jobs = jobs;
        self
    }

    /// Sets sizes, times and numbers of requests.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Serves by TLS.
    pub fn with_tls(mut self, tls: impl Into<Option<TlsFiles>>) -> Self {
        self.tls = tls.into();
        self
    }

    /// Puts it together. Nothing runs yet.
    ///
    /// # Errors
    /// [`Unexpected`](publish_core::ErrorKind::Unexpected) if the system has no random numbers.
    pub fn build(self) -> Result<PublishServer> {
        let store = self.store;
        let access = match self.access {
            Some(access) => access,
            None => Access::by_tokens(Arc::clone(&store), RateLimits::default())?,
        };
        let stopping = CancellationToken::new();
        let registry = self.engine.registry().clone();
        let connections = Connections::new(registry, self.storages, Arc::clone(&store), self.sealer);
        let jobs = Jobs::new(self.engine, Arc::clone(&store), connections.clone(), self.locations, self.jobs);
        let counted = jobs.clone();
        let metrics = Metrics::new(move || counted.counts());
        let api = Api { jobs: jobs.clone(), store: Arc::clone(&store), connections: connections.clone() };
        let around = Protection {
            access,
            limits: self.limits.clone(),
            metrics: metrics.clone(),
            health: Health { store, stopping: stopping.clone() },
        };
        let app = around.around(router(api));
        Ok(PublishServer { jobs, connections, app, limits: self.limits, tls: self.tls, metrics, stopping })
    }
}
