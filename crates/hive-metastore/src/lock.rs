//! Locks on a table, for a metastore whose database cannot compare and swap.

use crate::error::{Error, ErrorKind, Result};
use crate::metastore::{Metastore, named};
use crate::protocol::messages::{
    CheckLock, KeepLock, LockComponent, LockId, LockReply, LockRequest, ReleaseLock, TakeLock,
};

/// `EXCLUSIVE`, `TABLE` and `NO_TXN` of the metastore's enums.
const EXCLUSIVE: i32 = 3;
const TABLE: i32 = 2;
const NO_TRANSACTION: i32 = 6;

const ACQUIRED: i32 = 1;
const WAITING: i32 = 2;

/// A lock that was asked for. It is the metastore's until it is released, or nobody keeps it alive
/// (`metastore.txn.timeout`, 300 s unless set).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the lock stays until it is released"]
pub struct Lock {
    id: i64,
    table: String,
}

/// Whether a lock is held yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockState {
    /// It is held.
    Acquired,
    /// Another holds it; ask again with [`Metastore::check_lock`].
    Waiting,
}

impl Metastore {
    /// Asks for the exclusive lock on a table. Does not wait: a lock that is [waiting](LockState::Waiting) stands in the
    /// queue until it is released.
    ///
    /// The lock keeps off others who ask for one, as Hive's own statements do where they lock. A write through this
    /// client needs none, so all who use it must ask.
    ///
    /// On Derby, waiters that ask again and again and holders can block each other for minutes: release a lock that has to
    /// wait, and ask anew later.
    ///
    /// # Errors
    ///
    /// LockLost when the metastore gave it up. What is [in doubt](Error::is_in_doubt) may leave a lock behind that ends by
    /// itself.
    pub async fn lock(&mut self, database: &str, table: &str, agent: &str) -> Result<(Lock, LockState)> {
        let component = LockComponent {
            kind: EXCLUSIVE,
            level: TABLE,
            database: database.to_owned(),
            table: table.to_owned(),
            operation: NO_TRANSACTION,
            is_transactional: false,
        };
        let request = LockRequest {
            components: vec![component],
            user: self.user().to_owned(),
            host: agent.to_owned(),
            agent: agent.to_owned(),
        };
        let reply = self.channel().call(&TakeLock { request }).await;
        let reply = reply.map_err(|error| named(error, database, table))?;
        let lock = Lock { id: reply.id, table: format!("{database}.{table}") };
        let state = lock.state(&reply)?;
        Ok((lock, state))
    }

    /// Asks whether the lock is held by now, and keeps it alive.
    ///
    /// # Errors
    ///
    /// LockLost when it is gone.
    pub async fn check_lock(&mut self, lock: &Lock) -> Result<LockState> {
        let reply = self.channel().call(&CheckLock { request: LockId { id: lock.id } }).await;
        let reply = reply.map_err(|error| error.with_context("table", &lock.table))?;
        lock.state(&reply)
    }

    /// Keeps a held lock alive.
    ///
    /// # Errors
    ///
    /// LockLost when it is gone.
    pub async fn keep_lock(&mut self, lock: &Lock) -> Result<()> {
        let call = KeepLock { request: LockId { id: lock.id } };
        self.channel().call(&call).await.map_err(|error| error.with_context("table", &lock.table))
    }

    /// Releases a lock, held or waiting.
    ///
    /// # Errors
    ///
    /// LockLost when it was gone before: what was done under it may have met somebody else's work.
    pub async fn unlock(&mut self, lock: Lock) -> Result<()> {
        let call = ReleaseLock { request: LockId { id: lock.id } };
        self.channel().call(&call).await.map_err(|error| error.with_context("table", &lock.table))
    }
}

impl Lock {
    fn state(&self, reply: &LockReply) -> Result<LockState> {
        match reply.state {
            ACQUIRED => Ok(LockState::Acquired),
            WAITING => Ok(LockState::Waiting),
            _ => {
                let error = Error::new(ErrorKind::LockLost, "The metastore gave the lock up; take it again");
                let error = error.with_context("table", &self.table);
                Err(error.with_context("server", reply.error.as_deref().unwrap_or_default()))
            }
        }
    }
}
