//! What a server starts with.

use std::net::{IpAddr, Ipv4Addr};

use crate::Identity;

/// Access key that a server knows to which no other was given.
pub const ACCESS_KEY: &str = "test-access-key";

/// Secret of [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "test-secret-key";

/// What a server starts with. By default it has no bucket, knows [`ACCESS_KEY`] and takes unsigned requests too.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) buckets: Vec<(String, String)>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) domains: Vec<String>,
    pub(crate) page_limit: usize,
    pub(crate) min_part_size: u64,
    pub(crate) tls: Option<Tls>,
}

/// A certificate chain and its key, as PEM.
#[derive(Clone)]
pub struct Tls {
    pub(crate) certificates: String,
    pub(crate) key: String,
}

impl Tls {
    /// Takes a chain of certificates, the server's own first, and its key.
    pub fn new(certificates: impl Into<String>, key: impl Into<String>) -> Self {
        Self { certificates: certificates.into(), key: key.into() }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            buckets: Vec::new(),
            identities: Vec::new(),
            domains: vec!["localhost".to_owned()],
            page_limit: 1000,
            min_part_size: 5 * 1024 * 1024,
            tls: None,
        }
    }
}

impl Settings {
    /// Listens on this address. By default that is 127.0.0.1: whoever reaches the server can read and change all it has.
    #[must_use]
    pub fn with_address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Listens on this port. By default a free one is taken.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Makes a bucket in `us-east-1`.
    #[must_use]
    pub fn with_bucket(self, name: impl Into<String>) -> Self {
        self.with_bucket_in(name, "us-east-1")
    }

    /// Makes a bucket in a region. A request that was signed for another one is refused, with the right one named, as
    /// the service does it.
    #[must_use]
    pub fn with_bucket_in(mut self, name: impl Into<String>, region: impl Into<String>) -> Self {
        self.buckets.push((name.into(), region.into()));
        self
    }

    /// Knows these keys, in place of [`ACCESS_KEY`], and takes signed requests only.
    #[must_use]
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// Takes `bucket.<domain>` as a bucket's own host, beside `bucket.localhost`.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Makes the pages of listings smaller than 1000 keys, so that a test needs few keys for many pages.
    #[must_use]
    pub fn with_page_limit(mut self, keys: usize) -> Self {
        self.page_limit = keys.clamp(1, 1000);
        self
    }

    /// Lets parts of multipart uploads be smaller than 5 MiB, so that a test needs few bytes for many parts.
    #[must_use]
    pub fn with_min_part_size(mut self, bytes: u64) -> Self {
        self.min_part_size = bytes;
        self
    }

    /// Speaks TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}
