//! The emulator: a PostgreSQL server and the proxy before it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::StartError;
use crate::catalog::create_catalog;
use crate::objects::{FolderStore, ObjectStore};
use crate::server::{SUPERUSER, Server, find_programs};
use crate::session::{Session, Shared, Tls};
use crate::sql::{quote_literal, quote_name, set_isolation};

/// How transactions see each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// Conflicts end in error 1023.
    #[default]
    Serializable,
    /// Only two writers of one row conflict.
    Snapshot,
}

/// How users prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// A password that is hashed on its way.
    #[default]
    Md5,
    /// A password as it stands; for encrypted connections.
    Cleartext,
    /// Nothing is asked.
    Trust,
}

impl Authentication {
    /// PostgreSQL's word.
    fn method(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Cleartext => "password",
            Self::Trust => "trust",
        }
    }
}

/// A running emulator; it stops when dropped, and also when the process is killed.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    database: String,
    user: String,
    password: String,
    certificate: Option<String>,
    accepting: JoinHandle<()>,
    _server: Server,
}

impl Emulator {
    /// An emulator with the database `dev`, the user `awsuser` and the password `Passw0rd` on a free port of this
    /// machine.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: "dev".to_owned(),
            user: "awsuser".to_owned(),
            password: "Passw0rd".to_owned(),
            isolation: Isolation::default(),
            objects: Arc::new(FolderStore::new("/nonexistent")),
            programs: None,
            authentication: Authentication::default(),
            encryption: None,
            is_encryption_required: false,
        }
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port that clients connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The database that was made.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The superuser that was made.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The superuser's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The certificate that clients may trust, as PEM, if connections can be encrypted.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What an emulator is started with.
#[derive(Clone, Debug)]
#[must_use]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    database: String,
    user: String,
    password: String,
    isolation: Isolation,
    objects: Arc<dyn ObjectStore>,
    programs: Option<PathBuf>,
    authentication: Authentication,
    encryption: Option<Encryption>,
    is_encryption_required: bool,
}

/// The certificate that connections are encrypted with.
#[derive(Clone)]
enum Encryption {
    /// One that is made when the emulator starts.
    Made,
    Given {
        certificates: String,
        key: String,
    },
}

impl fmt::Debug for Encryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Made => "Made",
            Self::Given { .. } => "Given",
        })
    }
}

impl EmulatorBuilder {
    /// Sets where clients connect to.
    pub fn with_listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the database that is made.
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = database.into();
        self
    }

    /// Sets the superuser that is made, and its password.
    pub fn with_user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = user.into();
        self.password = password.into();
        self
    }

    /// Sets the isolation of every transaction.
    pub fn with_isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Sets where COPY reads objects.
    pub fn with_objects(mut self, objects: impl ObjectStore) -> Self {
        self.objects = Arc::new(objects);
        self
    }

    /// Sets how users prove who they are.
    pub fn with_authentication(mut self, authentication: Authentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// Lets clients encrypt their connections, with a certificate for `localhost` and `127.0.0.1` that is made when the
    /// emulator starts: [`Emulator::certificate`] answers it.
    pub fn with_encryption(mut self) -> Self {
        self.encryption = Some(Encryption::Made);
        self
    }

    /// Lets clients encrypt their connections, with a chain of certificates and its key, both as PEM.
    pub fn with_certificate(mut self, certificates: impl Into<String>, key: impl Into<String>) -> Self {
        self.encryption = Some(Encryption::Given { certificates: certificates.into(), key: key.into() });
        self
    }

    /// Refuses sessions that are not encrypted, as a cluster with `require_ssl` does.
    pub fn with_encryption_required(mut self) -> Self {
        self.is_encryption_required = true;
        self.encryption.get_or_insert(Encryption::Made);
        self
    }

    /// Sets the folder of PostgreSQL's programs, if it isn't found alone.
    pub fn with_programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// Starts PostgreSQL and the proxy.
    ///
    /// # Errors
    ///
    /// PostgreSQL isn't found or doesn't start, or the address is taken.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let programs = find_programs(self.programs.as_deref())?;
        let (certificate, tls) = self.encryption()?;
        let method = self.authentication.method();
        let server = tokio::task::spawn_blocking(move || Server::start(&programs, method))
            .await
            .map_err(|error| StartError::new("The start was given up").with_source(error))??;
        self.prepare(&server).await?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| StartError::new("The address can't be listened on").with_source(error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::new("The address isn't known").with_source(error))?;
        let is_serializable = self.isolation == Isolation::Serializable;
        let shared = Arc::new(Shared::new(server.socket(), self.objects, is_serializable, tls));
        let accepting = tokio::spawn(accept(listener, shared));
        let Self { database, user, password, .. } = self;
        Ok(Emulator { address, database, user, password, certificate, accepting, _server: server })
    }

    /// The certificate to trust and what connections are encrypted with.
    fn encryption(&self) -> Result<(Option<String>, Option<Tls>), StartError> {
        let (certificates, key) = match &self.encryption {
            None => return Ok((None, None)),
            Some(Encryption::Given { certificates, key }) => (certificates.clone(), key.clone()),
            Some(Encryption::Made) => {
                let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
                let made = rcgen::generate_simple_self_signed(names)
                    .map_err(|error| StartError::new("The certificate can't be made").with_source(error))?;
                (made.cert.pem(), made.signing_key.serialize_pem())
            }
        };
        let tls = Tls::new(&certificates, &key, self.is_encryption_required)?;
        Ok((Some(certificates), Some(tls)))
    }

    /// Makes the catalog in the template, then the user and the database.
    async fn prepare(&self, server: &Server) -> Result<(), StartError> {
        let failed = |error| StartError::new("The catalog can't be made").with_source(error);
        let mut backend = server.wait_ready("template1").await?;
        create_catalog(&mut backend).await.map_err(failed)?;
        drop(backend);
        // A database is copied from a template that nobody is connected to.
        let mut backend = server.wait_ready("postgres").await?;
        let (user, password) = (quote_name(&self.user), quote_literal(&self.password));
        let database = quote_name(&self.database);
        for sql in [
            format!("CREATE ROLE {user} SUPERUSER LOGIN PASSWORD {password}"),
            format!("CREATE DATABASE {database} OWNER {user}"),
            set_isolation(&database, self.isolation == Isolation::Serializable),
            // What the proxy writes itself takes no part in conflicts.
            format!("ALTER ROLE {SUPERUSER} SET default_transaction_isolation TO 'read committed'"),
        ] {
            if let Err(report) = backend.query(&sql).await.map_err(failed)? {
                return Err(StartError::new(format!("The database can't be made: {report}")));
            }
        }
        Ok(())
    }
}

/// Accepts connections until it is aborted, and ends them all then.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    sessions.spawn(async move {
                        if let Err(error) = Session::serve(stream, shared).await {
                            tracing::debug!(error = %error, "a session has ended early");
                        }
                    });
                }
                Err(error) => tracing::warn!(error = %error, "a connection could not be accepted"),
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}
