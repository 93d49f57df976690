//! The instant of a rename, in which readers find no table.
//!
//! The service looks a name up before it waits for the table's lock. A statement that waits while the table gets
//! another name therefore fails, though a table of that name is there again. PostgreSQL looks the name up once more
//! after the wait and hides this, so the proxy keeps the names that open transactions have taken away.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// How the transaction that took a name away has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Open,
    Committed,
    RolledBack,
}

/// Names that open transactions have taken away.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    open: Mutex<HashMap<String, (u64, watch::Receiver<Ending>)>>,
}

impl Renames {
    /// A session takes a name away.
    pub(crate) fn begin(&self, session: u64, name: &str, ending: watch::Receiver<Ending>) {
        self.lock().insert(name.to_owned(), (session, ending));
    }

    /// The transaction of a session has ended.
    pub(crate) fn end(&self, session: u64) {
        self.lock().retain(|_, (owner, _)| *owner != session);
    }

    /// Waits for the end of another session's rename of a table that the statement names, and answers the name if it
    /// is gone by then.
    pub(crate) async fn lost_name(&self, session: u64, sql: &str) -> Option<String> {
        let (name, mut ending) = self.find(session, sql)?;
        let ended = ending.wait_for(|ending| *ending != Ending::Open).await;
        let is_committed = ended.is_ok_and(|ending| *ending == Ending::Committed);
        is_committed.then_some(name)
    }

    fn find(&self, session: u64, sql: &str) -> Option<(String, watch::Receiver<Ending>)> {
        let open = self.lock();
        if open.is_empty() {
            return None;
        }
        let lower = sql.to_ascii_lowercase();
        open.iter()
            .find(|(name, (owner, _))| *owner != session && names_table(&lower, name))
            .map(|(name, (_, ending))| (name.clone(), ending.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u64, watch::Receiver<Ending>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a text has the name as a whole word.
fn names_table(text: &str, name: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(name).any(|(at, _)| {
        let bytes = text.as_bytes();
        !is_part(at.checked_sub(1).and_then(|at| bytes.get(at))) && !is_part(bytes.get(at + name.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_statement_that_waited_for_a_committed_rename_finds_no_table() {
        for (ending, lost) in [(Ending::Committed, Some("t".to_owned())), (Ending::RolledBack, None)] {
            let renames = Renames::default();
            let (sender, receiver) = watch::channel(Ending::Open);
            renames.begin(1, "t", receiver);
            let waiting = renames.lost_name(2, "select * from T");
            let ends = async { sender.send(ending).unwrap() };
            assert_eq!(tokio::join!(waiting, ends).0, lost);
            assert_eq!(renames.lost_name(1, "select * from t").await, None);
            assert_eq!(renames.lost_name(2, "select * from tt").await, None);
            renames.end(1);
            assert_eq!(renames.lost_name(2, "select * from t").await, None);
        }
    }
}
