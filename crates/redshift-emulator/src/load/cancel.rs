//! Requests to cancel a load: PostgreSQL, which waits for rows, would not notice them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The sessions that can be asked to stop, by the numbers of their processes.
#[derive(Debug, Default)]
pub(crate) struct Cancels {
    sessions: Mutex<HashMap<i32, Entry>>,
}

#[derive(Debug)]
struct Entry {
    key: [u8; 4],
    load: Option<Arc<Notify>>,
}

impl Cancels {
    /// A session has begun, with the key that its cancel requests need.
    pub(crate) fn begin(&self, process: i32, key: [u8; 4]) {
        self.lock().insert(process, Entry { key, load: None });
    }

    /// A session has ended.
    pub(crate) fn end(&self, process: i32) {
        self.lock().remove(&process);
    }

    /// A load begins: answers what tells it to stop.
    pub(crate) fn load_begins(&self, process: i32) -> Arc<Notify> {
        let notify = Arc::new(Notify::new());
        if let Some(entry) = self.lock().get_mut(&process) {
            entry.load = Some(Arc::clone(&notify));
        }
        notify
    }

    /// The load has ended.
    pub(crate) fn load_ends(&self, process: i32) {
        if let Some(entry) = self.lock().get_mut(&process) {
            entry.load = None;
        }
    }

    /// Whether a load was told to stop by this request.
    pub(crate) fn ask(&self, process: i32, key: [u8; 4]) -> bool {
        let sessions = self.lock();
        let load =
            sessions.get(&process).filter(|entry| entry.key == key).and_then(|entry| entry.load.as_ref());
        load.map(|notify| notify.notify_one()).is_some()
    }

    /// Whether a load was told to stop by a statement of another session.
    pub(crate) fn ask_by_statement(&self, process: i32) -> bool {
        let sessions = self.lock();
        let load = sessions.get(&process).and_then(|entry| entry.load.as_ref());
        load.map(|notify| notify.notify_one()).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_key_stops_a_load_and_only_while_it_runs() {
        let cancels = Cancels::default();
        cancels.begin(7, [1, 2, 3, 4]);
        assert!(!cancels.ask(7, [1, 2, 3, 4]));
        let _load = cancels.load_begins(7);
        assert!(!cancels.ask(7, [1, 2, 3, 5]));
        assert!(!cancels.ask(8, [1, 2, 3, 4]));
        assert!(cancels.ask(7, [1, 2, 3, 4]));
        cancels.load_ends(7);
        assert!(!cancels.ask_by_statement(7));
    }
}
