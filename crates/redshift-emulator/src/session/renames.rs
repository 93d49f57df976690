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

/// A table's name in its database.
type Taken = (String, String);

/// Names that open transactions have taken away.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    open: Mutex<HashMap<Taken, (u64, watch::Receiver<Ending>)>>,
}

impl Renames {
    /// A session takes a name away, which may have a schema before it.
    pub(crate) fn begin(&self, session: u64, database: &str, name: &str, ending: watch::Receiver<Ending>) {
        let taken = (database.to_owned(), name.replace('"', "").to_ascii_lowercase());
        self.lock().insert(taken, (session, ending));
    }

    /// The transaction of a session has ended.
    pub(crate) fn end(&self, session: u64) {
        self.lock().retain(|_, (owner, _)| *owner != session);
    }

    /// Waits for the end of another session's rename of a table that the statement names, and answers the name without
    /// its schema if it is gone by then.
    pub(crate) async fn lost_name(&self, session: u64, database: &str, sql: &str) -> Option<String> {
        let (name, mut ending) = self.find(session, database, sql)?;
        let ended = ending.wait_for(|ending| *ending != Ending::Open).await;
        let is_committed = ended.is_ok_and(|ending| *ending == Ending::Committed);
        is_committed.then(|| bare(&name).to_owned())
    }

    fn find(&self, session: u64, database: &str, sql: &str) -> Option<(String, watch::Receiver<Ending>)> {
        let open = self.lock();
        if open.is_empty() {
            return None;
        }
        let lower = sql.to_ascii_lowercase().replace('"', "");
        open.iter()
            .find(|((own, name), (owner, _))| {
                *owner != session && own == database && names_table(&lower, name)
            })
            .map(|((_, name), (_, ending))| (name.clone(), ending.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Taken, (u64, watch::Receiver<Ending>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name without its schema.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a text has the table's name as a whole word, alone or behind its own schema. A name without a schema may be in
/// any.
fn names_table(text: &str, name: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let schema = name.rsplit_once('.').map(|(schema, _)| schema);
    let bare = bare(name);
    text.match_indices(bare).any(|(at, _)| {
        let before = &text[..at];
        let is_word = !is_part(before.as_bytes().last()) && !is_part(text.as_bytes().get(at + bare.len()));
        let is_other = match (before.strip_suffix('.'), schema) {
            (Some(given), Some(schema)) => {
                !given.ends_with(schema) || is_part(given.as_bytes()[..given.len() - schema.len()].last())
            }
            _ => false,
        };
        is_word && !is_other
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
            renames.begin(1, "d", "t", receiver);
            let waiting = renames.lost_name(2, "d", "select * from T");
            let ends = async { sender.send(ending).unwrap() };
            assert_eq!(tokio::join!(waiting, ends).0, lost);
            assert_eq!(renames.lost_name(1, "d", "select * from t").await, None);
            assert_eq!(renames.lost_name(2, "d", "select * from tt").await, None);
            assert_eq!(renames.lost_name(2, "another", "select * from t").await, None);
            renames.end(1);
            assert_eq!(renames.lost_name(2, "d", "select * from t").await, None);
        }
    }

    #[tokio::test]
    async fn a_table_of_that_name_in_another_schema_is_not_lost() {
        let renames = Renames::default();
        let (sender, receiver) = watch::channel(Ending::Open);
        renames.begin(1, "d", "\"a\".\"t\"", receiver);
        for other in ["select * from b.t", "select * from aa.t", "select * from \"b\".\"t\""] {
            assert_eq!(renames.lost_name(2, "d", other).await, None, "{other}");
        }
        sender.send(Ending::Committed).unwrap();
        for own in ["select * from a.t", "select * from \"A\".\"T\"", "select * from t"] {
            assert_eq!(renames.lost_name(2, "d", own).await, Some("t".to_owned()), "{own}");
        }
    }
}
