//! The store, call by call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use publish_core::Result;

use super::{connections, events, groups, jobs, queue, tokens};
use crate::store::database::Database;
use crate::store::postgres::{PostgresConfig, PostgresDatabase};
use crate::store::sqlite::SqliteDatabase;
use crate::{
    AccessToken, Beat, Connection, ConnectionId, Job, JobEnd, JobEvent, JobFilter, JobGroup, JobGroupId,
    JobId, NewJob, NewJobGroup, NewToken, Page, Publication, Pulse, ServerId, Store,
};

/// The tables, version by version. A version is never changed once it was released.
const VERSIONS: &[&str] = &[include_str!("0001_tables.sql")];

/// A store in SQLite, for one server, or in PostgreSQL, for many.
///
/// ```
/// use publish_server::{Page, SqlStore, Store};
///
/// # #[tokio::main]
/// # async fn main() -> publish_core::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("publish-server.sqlite");
/// let store = SqlStore::sqlite(&path).await?;
/// assert!(store.job_groups(&Page::default()).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqlStore {
    database: Arc<dyn Database>,
}

impl SqlStore {
    /// Opens a file, and makes it where there is none. Its owner alone can read it.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) if its folder is not there,
    /// [`Unexpected`](publish_core::ErrorKind::Unexpected) if it is something else.
    pub async fn sqlite(path: &Path) -> Result<Self> {
        Self::open(Arc::new(SqliteDatabase::open(path).await?)).await
    }

    /// Connects to a PostgreSQL, and makes the tables where there are none.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) for a wrong address,
    /// [`Unavailable`](publish_core::ErrorKind::Unavailable) if nobody answers there.
    pub async fn postgres(config: &PostgresConfig) -> Result<Self> {
        Self::open(Arc::new(PostgresDatabase::new(config)?)).await
    }

    async fn open(database: Arc<dyn Database>) -> Result<Self> {
        database.migrate(VERSIONS).await?;
        Ok(Self { database })
    }

    fn database(&self) -> &dyn Database {
        self.database.as_ref()
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn check(&self) -> Result<()> {
        self.database.read("SELECT id FROM publish_jobs LIMIT 1", Vec::new()).await.map(drop)
    }

    async fn reserve_connection(&self) -> Result<ConnectionId> {
        connections::reserve(self.database()).await
    }

    async fn insert_connection(&self, connection: &Connection) -> Result<Connection> {
        connections::insert(self.database(), connection).await
    }

    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>> {
        connections::get(self.database(), id).await
    }

    async fn connections(&self, page: &Page) -> Result<Vec<Connection>> {
        connections::list(self.database(), page).await
    }

    async fn delete_connection(&self, id: ConnectionId) -> Result<bool> {
        connections::delete(self.database(), id).await
    }

    async fn create_job_group(&self, group: &NewJobGroup) -> Result<JobGroup> {
        groups::create(self.database(), group).await
    }

    async fn job_group(&self, id: JobGroupId) -> Result<Option<JobGroup>> {
        groups::get(self.database(), id).await
    }

    async fn job_groups(&self, page: &Page) -> Result<Vec<JobGroup>> {
        groups::list(self.database(), page).await
    }

    async fn create_job(&self, job: &NewJob) -> Result<Job> {
        jobs::create(self.database(), job).await
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>> {
        jobs::get(self.database(), id).await
    }

    async fn jobs(&self, filter: &JobFilter, page: &Page) -> Result<Vec<Job>> {
        jobs::list(self.database(), filter, page).await
    }

    async fn jobs_of_groups(&self, groups: &[JobGroupId]) -> Result<Vec<Job>> {
        jobs::of_groups(self.database(), groups).await
    }

    async fn publications(&self, group: JobGroupId, page: &Page) -> Result<Vec<Publication>> {
        jobs::publications(self.database(), group, page).await
    }

    async fn begin_server(&self, server: &ServerId) -> Result<()> {
        queue::begin_server(self.database(), server).await
    }

    async fn claim(&self, server: &ServerId, lease: Duration, limit: usize) -> Result<Vec<Job>> {
        queue::claim(self.database(), server, lease, limit).await
    }

    async fn heartbeat(&self, server: &ServerId, beats: &[Beat]) -> Result<Vec<Pulse>> {
        queue::heartbeat(self.database(), server, beats).await
    }

    async fn release(&self, server: &ServerId, job: JobId, delay: Duration) -> Result<()> {
        queue::release(self.database(), server, job, delay).await
    }

    async fn finish(&self, server: &ServerId, job: JobId, end: &JobEnd) -> Result<bool> {
        queue::finish(self.database(), server, job, end).await
    }

    async fn cancel(&self, group: JobGroupId, job: Option<JobId>) -> Result<Vec<JobId>> {
        queue::cancel(self.database(), group, job).await
    }

    async fn append_events(&self, job: JobId, events: &[JobEvent]) -> Result<()> {
        events::append(self.database(), job, events).await
    }

    async fn events(&self, job: JobId, after: u64, limit: u32) -> Result<Vec<JobEvent>> {
        events::read(self.database(), job, after, limit).await
    }

    async fn create_token(&self, token: &NewToken) -> Result<AccessToken> {
        tokens::create(self.database(), token).await
    }

    async fn tokens(&self) -> Result<Vec<AccessToken>> {
        tokens::all(self.database()).await
    }

    async fn token_by_name(&self, name: &str) -> Result<Option<AccessToken>> {
        tokens::by_name(self.database(), name).await
    }

    async fn token_by_hash(&self, hash: &str) -> Result<Option<AccessToken>> {
        tokens::by_hash(self.database(), hash).await
    }

    async fn delete_token(&self, name: &str) -> Result<bool> {
        tokens::delete(self.database(), name).await
    }
}
