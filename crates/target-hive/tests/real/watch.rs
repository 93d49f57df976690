//! Readers that look at a table again and again while it is published to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

use crate::place::Place;

/// What one look showed: sorted rows, or the error's words.
pub(crate) type Look = Result<Vec<String>, String>;

/// Readers at work.
pub(crate) struct Readers {
    is_over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Vec<Look>>>,
}

impl Readers {
    /// Starts two readers of a table.
    pub(crate) fn of(place: &Place, table: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let read = || {
            let (place, is_over) = (place.clone(), Arc::clone(&is_over));
            let query = format!("SELECT * FROM {}.{table}", place.database);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let rows = place.query(&query).await;
                    seen.push(rows.map_err(|error| error.to_string()).map(|mut rows| {
                        rows.sort();
                        rows
                    }));
                }
                seen
            })
        };
        let tasks = vec![read(), read()];
        Self { is_over, tasks }
    }

    /// Stops them, and answers all that they saw.
    pub(crate) async fn end(self) -> Vec<Look> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut seen = Vec::new();
        for task in self.tasks {
            seen.extend(task.await.unwrap());
        }
        seen
    }
}
