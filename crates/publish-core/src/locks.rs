//! One run a table at a time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Error, ErrorKind, Result, RunId, TableName};

/// A table of one target, as locks know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LockKey {
    /// The target's [`identity`](crate::Target::identity).
    pub target: String,
    /// The table as asked, before a timestamp is added.
    pub table: TableName,
}

impl LockKey {
    /// Names a table of a target.
    pub fn new(target: impl Into<String>, table: TableName) -> Self {
        Self { target: target.into(), table }
    }
}

/// A lock that is held. Dropping it gives the table free.
pub trait TableLock: fmt::Debug + Send + Sync {}

/// Lets one run a table go at a time, so that a second one hears at once that the table is busy.
///
/// Across engines that do not share their locks the commit decides: correctness does not hang on this, a clear answer
/// does.
#[async_trait]
pub trait TableLocks: fmt::Debug + Send + Sync + 'static {
    /// Takes the lock, without waiting.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) that names the run that holds it.
    async fn lock(&self, key: &LockKey, run: &RunId) -> Result<Box<dyn TableLock>>;
}

/// Locks within this process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct InProcessLocks(Arc<Mutex<HashMap<LockKey, RunId>>>);

#[async_trait]
impl TableLocks for InProcessLocks {
    async fn lock(&self, key: &LockKey, run: &RunId) -> Result<Box<dyn TableLock>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = held.get(key) {
            return Err(Error::new(
                ErrorKind::Busy,
                "Another run is publishing to this table; wait for it to end",
            )
            .with_context("table", &key.table)
            .with_context("run", holder));
        }
        held.insert(key.clone(), run.clone());
        Ok(Box::new(Held { locks: self.clone(), key: key.clone() }))
    }
}

#[derive(Debug)]
struct Held {
    locks: InProcessLocks,
    key: LockKey,
}

impl TableLock for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        self.locks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_run_on_a_table_hears_which_run_holds_it() {
        let locks = InProcessLocks::default();
        let key = LockKey::new("sqlite:/a", TableName::new("main", "t"));
        let other = LockKey::new("sqlite:/b", TableName::new("main", "t"));
        let (one, two) = (RunId::parse("one").unwrap(), RunId::parse("two").unwrap());
        let held = locks.lock(&key, &one).await.unwrap();
        let error = locks.lock(&key, &two).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("run: one"), "{error}");
        locks.lock(&other, &two).await.unwrap();
        drop(held);
        locks.lock(&key, &two).await.unwrap();
    }
}
