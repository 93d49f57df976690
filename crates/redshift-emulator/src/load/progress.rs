//! How far a load is, and whether it is to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counters of one load, written by the thread that reads and read by the session.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    rows: AtomicU64,
    files: AtomicU64,
    files_done: AtomicU64,
    bytes: AtomicU64,
    bytes_done: AtomicU64,
    is_stopped: AtomicBool,
    file: Mutex<String>,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProgressState {
    pub(crate) rows: u64,
    pub(crate) files: u64,
    pub(crate) files_done: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_done: u64,
    pub(crate) file: String,
}

impl ProgressState {
    /// How much of the bytes is read, from 0 to 100.
    pub(crate) fn percent(&self) -> u64 {
        (self.bytes_done * 100).checked_div(self.bytes).unwrap_or(0).min(100)
    }
}

impl Progress {
    pub(crate) fn found(&self, files: u64, bytes: u64) {
        self.files.store(files, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn file_begins(&self, url: String) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    pub(crate) fn file_ends(&self) {
        self.files_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, bytes: u64) {
        self.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn row(&self) {
        self.rows.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the reading thread to stop.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> ProgressState {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProgressState {
            rows: value(&self.rows),
            files: value(&self.files),
            files_done: value(&self.files_done),
            bytes: value(&self.bytes),
            bytes_done: value(&self.bytes_done),
            file: self.file.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
