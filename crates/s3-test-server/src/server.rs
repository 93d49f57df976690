//! The server as a test holds it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::address::Domains;
use crate::fault::Faults;
use crate::gate::Gate;
use crate::identity::Identities;
use crate::listener::{acceptor, serve};
use crate::record::Records;
use crate::store::Store;
use crate::{Fault, Request, Settings};

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct S3TestServer {
    endpoint: String,
    store: Arc<Store>,
    faults: Arc<Faults>,
    records: Arc<Records>,
    runtime: Option<Runtime>,
}

impl S3TestServer {
    /// Starts a server with threads of its own. Once this returns it takes requests.
    ///
    /// # Errors
    /// If the port is taken or the certificate can't be used.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let tls = settings.tls.as_ref().map(acceptor).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("s3-test-server")
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind((settings.address, settings.port))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("{scheme}://{}", listener.local_addr()?);
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(listener)?
        };

        let identities = Identities::new(settings.identities);
        let domains = Domains(settings.domains);
        let store = Arc::new(Store::new(settings.buckets, settings.page_limit, settings.min_part_size));
        let mut service = S3ServiceBuilder::new(Arc::clone(&store).service());
        service.set_host(domains.clone());
        service.set_auth(identities.clone());
        service.set_access(identities.clone());
        let (faults, records) = (Arc::new(Faults::default()), Arc::new(Records::default()));
        let gate = Arc::new(Gate {
            service: service.build(),
            store: Arc::clone(&store),
            faults: Arc::clone(&faults),
            records: Arc::clone(&records),
            identities,
            domains,
            requests: AtomicU64::new(1),
        });
        runtime.spawn(serve(listener, gate, tls));
        Ok(Self { endpoint, store, faults, records, runtime: Some(runtime) })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Puts an object there, in place of one that may be there. Makes the bucket if it is missing.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        self.store.put(bucket, key, bytes.into());
    }

    /// The bytes of an object.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.store.get(bucket, key)
    }

    /// The keys of a bucket, in order.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.store.keys(bucket)
    }

    /// The keys of the uploads of a bucket that are neither completed nor aborted, in order.
    pub fn uploads(&self, bucket: &str) -> Vec<String> {
        self.store.uploads(bucket)
    }

    /// Orders something to go wrong, beside what was ordered before.
    pub fn inject(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Takes every order back.
    pub fn heal(&self) {
        self.faults.clear();
    }

    /// The requests since the start, or since [`forget_requests`](Self::forget_requests), in the order they came.
    pub fn requests(&self) -> Vec<Request> {
        self.records.read()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.records.clear();
    }
}

impl Drop for S3TestServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed where the drop is in a task.
            runtime.shutdown_background();
        }
    }
}
