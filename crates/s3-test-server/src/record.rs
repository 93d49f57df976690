//! What the server saw.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Operation;
use crate::address::Asked;

/// A request that the server saw, with the bytes of its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// What was asked for.
    pub operation: Operation,
    /// The bucket, empty for none.
    pub bucket: String,
    /// The key, empty for none.
    pub key: String,
    /// The access key that signed it.
    pub access_key: Option<String>,
    /// The range that was asked for, as in the header.
    pub range: Option<String>,
    /// The status of the answer; 0 while there is none, and when the connection was closed instead.
    pub status: u16,
    /// Bytes of the request's body so far.
    pub bytes_in: u64,
    /// Bytes of the answer's body so far.
    pub bytes_out: u64,
}

/// A request and its counters.
#[derive(Debug)]
pub(crate) struct Record {
    asked: Asked,
    status: AtomicU16,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Record {
    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn came_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn went_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn read(&self) -> Request {
        Request {
            operation: self.asked.operation,
            bucket: self.asked.bucket.clone(),
            key: self.asked.key.clone(),
            access_key: self.asked.access_key.clone(),
            range: self.asked.range.clone(),
            status: self.status.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }
}

/// All requests since the start, or since it was cleared.
#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Vec<Arc<Record>>>);

impl Records {
    pub(crate) fn open(&self, asked: &Asked) -> Arc<Record> {
        let record = Arc::new(Record {
            asked: asked.clone(),
            status: AtomicU16::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&record));
        record
    }

    pub(crate) fn read(&self) -> Vec<Request> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|record| record.read()).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
