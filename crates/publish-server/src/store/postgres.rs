//! PostgreSQL: one store for many servers.

use std::collections::HashMap;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use publish_core::{Error, ErrorKind, Result, Retry, Secret};
use rustls_native_certs::load_native_certs;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::database::{Cell, Database, Row, translate, unreadable};

/// How long a caller waits for a free connection, or for a new one.
const WAIT: Duration = Duration::from_secs(10);

/// Silence after which the network is asked whether the other side is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);

/// Silence after something was sent that ends a connection.
const SILENCE: Duration = Duration::from_secs(30);

const DIALECT: [(&str, &str); 5] = [
    ("{now}", "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"),
    ("{skip_locked}", "FOR UPDATE SKIP LOCKED"),
    ("{id}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("{bytes}", "BYTEA"),
    ("?", "$"),
];

/// Where one server's statements end and another's begin while the tables are brought up to date.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(hashtext('publish_store_version'))";

/// How a PostgreSQL is reached.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostgresConfig {
    /// The address, such as `postgresql://publish@db.example.com/publish?sslmode=require`. It may hold a password.
    pub url: Secret,
    /// Authorities to trust instead of the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Most connections of this server. Default 8.
    pub max_connections: usize,
}

impl PostgresConfig {
    /// Uses this address.
    pub fn new(url: Secret) -> Self {
        Self { url, ca_file: None, max_connections: 8 }
    }

    /// Trusts the authorities of this PEM file alone.
    #[must_use]
    pub fn with_ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// Opens at most so many connections.
    #[must_use]
    pub fn with_max_connections(mut self, count: usize) -> Self {
        self.max_connections = count.max(1);
        self
    }
}

/// A pool of connections.
#[derive(Debug)]
pub(super) struct PostgresDatabase {
    pool: Pool,
}

impl PostgresDatabase {
    /// Reads the address. Connects when it is first used.
    pub(super) fn new(config: &PostgresConfig) -> Result<Self> {
        let mut client: tokio_postgres::Config = config.url.expose().parse().map_err(|_| {
            // The cause may quote the address, and with it the password.
            invalid(
                "The address of the store is not one of PostgreSQL, such as postgresql://user@host/database",
            )
        })?;
        client.connect_timeout(WAIT);
        // A server that vanished without a word is noticed in time to hear of it.
        client.keepalives_idle(KEEPALIVE_IDLE).tcp_user_timeout(SILENCE);
        if client.get_application_name().is_none() {
            client.application_name("publish-server");
        }
        let tls = MakeRustlsConnect::new(tls(config)?);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(client, tls, recycling);
        let waits = Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) };
        let pool = Pool::builder(manager)
            .max_size(config.max_connections)
            .timeouts(waits)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| invalid("The pool of connections can't be made").with_source(error))?;
        Ok(Self { pool })
    }

    async fn client(&self) -> Result<deadpool_postgres::Object> {
        self.pool.get().await.map_err(pool_error)
    }
}

#[async_trait]
impl Database for PostgresDatabase {
    async fn migrate(&self, versions: &'static [&'static str]) -> Result<()> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await.map_err(postgres_error)?;
        transaction.batch_execute(MIGRATION_LOCK).await.map_err(postgres_error)?;
        transaction
            .batch_execute("CREATE TABLE IF NOT EXISTS publish_store_version (version BIGINT NOT NULL)")
            .await
            .map_err(postgres_error)?;
        let done = transaction
            .query_one("SELECT COUNT(*) FROM publish_store_version", &[])
            .await
            .and_then(|row| row.try_get::<_, i64>(0))
            .map_err(postgres_error)?;
        for (version, statements) in (1_i64..).zip(versions).skip(usize::try_from(done).unwrap_or_default()) {
            let statements = translate(statements, &DIALECT);
            transaction.batch_execute(&statements).await.map_err(postgres_error)?;
            transaction
                .execute("INSERT INTO publish_store_version (version) VALUES ($1)", &[&version])
                .await
                .map_err(postgres_error)?;
        }
        transaction.commit().await.map_err(postgres_error)
    }

    async fn read(&self, sql: &str, parameters: Vec<Cell>) -> Result<Vec<Row>> {
        let sql = translate(sql, &DIALECT);
        let client = self.client().await?;
        let statement = client.prepare_cached(&sql).await.map_err(postgres_error)?;
        let found = client.query(&statement, &borrowed(&parameters)).await.map_err(postgres_error)?;
        rows(&found)
    }

    async fn write(&self, sql: &str, parameters: Vec<Vec<Cell>>) -> Result<Vec<Row>> {
        let sql = translate(sql, &DIALECT);
        let mut client = self.client().await?;
        let statement = client.prepare_cached(&sql).await.map_err(postgres_error)?;
        // One statement is a transaction by itself.
        if let [parameters] = parameters.as_slice() {
            let found = client.query(&statement, &borrowed(parameters)).await.map_err(postgres_error)?;
            return rows(&found);
        }
        let transaction = client.transaction().await.map_err(postgres_error)?;
        let mut found = Vec::new();
        for parameters in &parameters {
            found.extend(transaction.query(&statement, &borrowed(parameters)).await.map_err(postgres_error)?);
        }
        transaction.commit().await.map_err(postgres_error)?;
        rows(&found)
    }

    fn take_for_server(&self) -> Result<bool> {
        Ok(false)
    }
}

fn tls(config: &PostgresConfig) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match &config.ca_file {
        // A broken certificate among the system's does not make the good ones useless.
        None => {
            roots.add_parsable_certificates(load_native_certs().certs);
        }
        Some(file) => {
            let unusable = |error: &dyn std::fmt::Display| {
                invalid("The authorities of the store's certificate can't be read; give a PEM file")
                    .with_context("ca_file", file.display())
                    .with_context("cause", error)
            };
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
    }
    // The provider is named, not taken from the process, so another crate's choice cannot change ours.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid("The TLS library has no usable versions").with_source(error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn borrowed(parameters: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect()
}

fn rows(found: &[tokio_postgres::Row]) -> Result<Vec<Row>> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let columns = first.columns();
    let names = columns.iter().enumerate().map(|(at, column)| (column.name().to_owned(), at));
    let names: Arc<HashMap<String, usize>> = Arc::new(names.collect());
    let row = |row: &tokio_postgres::Row| {
        let cells: Result<Vec<Cell>> = (0..columns.len()).map(|at| cell(row, at)).collect();
        Ok(Row::new(Arc::clone(&names), cells?))
    };
    found.iter().map(row).collect()
}

fn cell(row: &tokio_postgres::Row, at: usize) -> Result<Cell> {
    let column = &row.columns()[at];
    let read = match *column.type_() {
        Type::INT8 => row.try_get(at).map(Cell::Integer),
        Type::INT4 => row.try_get::<_, Option<i32>>(at).map(|value| Cell::Integer(value.map(i64::from))),
        Type::BOOL => row.try_get(at).map(Cell::Boolean),
        Type::BYTEA => row.try_get(at).map(Cell::Bytes),
        _ => row.try_get(at).map(Cell::Text),
    };
    read.map_err(|error| unreadable(column.name()).with_source(error))
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Bytes(value) => value.to_sql(kind, out),
            Self::Boolean(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::VARCHAR | Type::BYTEA | Type::BOOL)
    }

    to_sql_checked!();
}

fn pool_error(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) => postgres_error(error),
        error => Error::new(ErrorKind::Unavailable, "The store gave no connection in time; try again")
            .with_retry(Retry::Safe)
            .with_source(error),
    }
}

fn postgres_error(error: tokio_postgres::Error) -> Error {
    let code = error.code().cloned();
    let (kind, retry, message) = match code {
        Some(SqlState::UNIQUE_VIOLATION) => {
            (ErrorKind::AlreadyExists, Retry::Never, "The store has such a thing already; name another one")
        }
        Some(SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            (ErrorKind::Unauthenticated, Retry::Never, "The store refuses the user; correct its address")
        }
        Some(SqlState::INSUFFICIENT_PRIVILEGE) => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "The store's user may not do this; grant it the right to make and use tables",
        ),
        Some(SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE) => {
            (ErrorKind::Unavailable, Retry::Safe, "Another server was in the way; try again")
        }
        Some(
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::TOO_MANY_CONNECTIONS,
        ) => (ErrorKind::Unavailable, Retry::Safe, "The store is not ready; try again"),
        // Without a code the connection failed, before or after the statement took effect.
        None => {
            (ErrorKind::Unavailable, Retry::InDoubt, "The store can't be reached; look at it and its address")
        }
        Some(_) => (ErrorKind::Unexpected, Retry::Never, "The store refused a statement"),
    };
    let cause = error.source().map(ToString::to_string);
    let answer = Error::new(kind, message).with_retry(retry);
    let answer = match code {
        Some(code) => answer.with_context("code", code.code()),
        None => answer.with_context("cause", cause.unwrap_or_else(|| error.to_string())),
    };
    answer.with_source(error)
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
