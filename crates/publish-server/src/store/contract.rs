//! What every store does.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use publish_core::Result;

use crate::{
    AccessToken, Connection, ConnectionId, Job, JobEnd, JobEvent, JobGroup, JobGroupId, JobId, NewJob,
    NewJobGroup, NewToken, Page, Publication, ServerId,
};

/// Which jobs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of this group alone.
    pub group: Option<JobGroupId>,
}

/// A server's sign of life for one of its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The job.
    pub job: JobId,
    /// How far it is, 0 to 100. What is stored never goes back.
    pub percent: u8,
}

/// The answer to a [`Beat`] of a job that still belongs to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The job.
    pub job: JobId,
    /// Whether somebody asked to cancel it.
    pub cancel_requested: bool,
}

/// Keeps connections, job groups, jobs and access tokens, and is the queue that servers take jobs from.
///
/// # Contract
/// - What a call has stored is there after a crash of the process and of the machine.
/// - [`create_job`](Self::create_job) lets one unfinished job have a [`lock_key`](NewJob::lock_key) at a time, whichever
///   server asks.
/// - [`claim`](Self::claim) gives a job to one server. From the moment at which another one claims it, a server's
///   [`heartbeat`](Self::heartbeat) leaves the job out and its [`finish`](Self::finish) changes nothing.
/// - Times are the store's own, in UTC with milliseconds, so that servers need not agree on theirs.
/// - A job that is over never changes again.
/// - Every method may be called from many tasks at once. One that is dropped has happened or not.
///
/// # Errors
/// Every call: [`Unavailable`](publish_core::ErrorKind::Unavailable) where the store can't be reached, with
/// [`Retry::Safe`](publish_core::Retry::Safe) where it did nothing, and
/// [`Unexpected`](publish_core::ErrorKind::Unexpected) for what it should not say.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Answers if the store can be used right now.
    async fn check(&self) -> Result<()>;

    /// Takes an id for a connection. Its credentials are sealed for that id before it is stored.
    async fn reserve_connection(&self) -> Result<ConnectionId>;

    /// Stores a connection under the id that was taken for it. Its times are set by the store.
    async fn insert_connection(&self, connection: &Connection) -> Result<Connection>;

    /// The connection of this id, also a deleted one.
    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>>;

    /// Lists connections.
    async fn connections(&self, page: &Page) -> Result<Vec<Connection>>;

    /// Marks a connection as deleted and forgets its credentials. Says whether there was one.
    ///
    /// # Errors
    /// [`Busy`](publish_core::ErrorKind::Busy) while an unfinished job uses it, naming the job in the context `job`.
    async fn delete_connection(&self, id: ConnectionId) -> Result<bool>;

    /// Stores a job group.
    async fn create_job_group(&self, group: &NewJobGroup) -> Result<JobGroup>;

    /// The job group of this id.
    async fn job_group(&self, id: JobGroupId) -> Result<Option<JobGroup>>;

    /// Lists job groups.
    async fn job_groups(&self, page: &Page) -> Result<Vec<JobGroup>>;

    /// Stores a job as `InProgress`, for any server to claim.
    ///
    /// # Errors
    /// [`Busy`](publish_core::ErrorKind::Busy) while an unfinished job has the same lock key, naming that job in the
    /// context `job`.
    async fn create_job(&self, job: &NewJob) -> Result<Job>;

    /// The job of this id.
    async fn job(&self, id: JobId) -> Result<Option<Job>>;

    /// Lists jobs.
    async fn jobs(&self, filter: &JobFilter, page: &Page) -> Result<Vec<Job>>;

    /// All jobs of these groups, oldest first.
    async fn jobs_of_groups(&self, groups: &[JobGroupId]) -> Result<Vec<Job>>;

    /// Lists what was published of a job group.
    async fn publications(&self, group: JobGroupId, page: &Page) -> Result<Vec<Publication>>;

    /// Says that a server begins its work. A store that only one server uses gives the jobs of the one before it free.
    ///
    /// # Errors
    /// [`Busy`](publish_core::ErrorKind::Busy) if another server uses a store that only one can.
    async fn begin_server(&self, server: &ServerId) -> Result<()>;

    /// Gives the server up to `limit` jobs that nobody has, or whose server gave no sign of life for `lease`. Oldest
    /// first.
    async fn claim(&self, server: &ServerId, lease: Duration, limit: usize) -> Result<Vec<Job>>;

    /// Takes a server's signs of life, and answers for the jobs that still are its own.
    async fn heartbeat(&self, server: &ServerId, beats: &[Beat]) -> Result<Vec<Pulse>>;

    /// Gives back a job that the server does not run any more: another one, or the same, may claim it after `delay`.
    async fn release(&self, server: &ServerId, job: JobId, delay: Duration) -> Result<()>;

    /// Ends a job. Says whether it was still the server's.
    async fn finish(&self, server: &ServerId, job: JobId, end: &JobEnd) -> Result<bool>;

    /// Asks to cancel the unfinished jobs of a group, or one of them, and names them. Those that no server has are over
    /// with it; the others' servers hear of it at their next heartbeat.
    async fn cancel(&self, group: JobGroupId, job: Option<JobId>) -> Result<Vec<JobId>>;

    /// Appends to a job's log. Sequence numbers are given by the store; those of `events` are not looked at.
    async fn append_events(&self, job: JobId, events: &[JobEvent]) -> Result<()>;

    /// Reads a job's log after the event of this sequence number, 0 for its start.
    async fn events(&self, job: JobId, after: u64, limit: u32) -> Result<Vec<JobEvent>>;

    /// Stores an access token.
    ///
    /// # Errors
    /// [`AlreadyExists`](publish_core::ErrorKind::AlreadyExists) if its name is taken.
    async fn create_token(&self, token: &NewToken) -> Result<AccessToken>;

    /// All access tokens, by name.
    async fn tokens(&self) -> Result<Vec<AccessToken>>;

    /// The token of this name.
    async fn token_by_name(&self, name: &str) -> Result<Option<AccessToken>>;

    /// The token of this hash.
    async fn token_by_hash(&self, hash: &str) -> Result<Option<AccessToken>>;

    /// Forgets a token. Says whether there was one.
    async fn delete_token(&self, name: &str) -> Result<bool>;
}
