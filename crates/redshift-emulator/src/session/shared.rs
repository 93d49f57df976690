//! What all sessions of one emulator share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::load::Cancels;
use crate::objects::ObjectStore;
use crate::session::late_views::LateViews;
use crate::session::renames::Renames;
use crate::sql::LongNames;

/// The emulator as its sessions see it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) socket: PathBuf,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) long_names: LongNames,
    pub(crate) renames: Renames,
    pub(crate) late_views: LateViews,
    pub(crate) cancels: Cancels,
    isolation: &'static str,
    query_ids: AtomicI64,
}

impl Shared {
    pub(crate) fn new(socket: PathBuf, objects: Arc<dyn ObjectStore>, isolation: &'static str) -> Self {
        Self {
            socket,
            objects,
            long_names: LongNames::default(),
            renames: Renames::default(),
            late_views: LateViews::default(),
            cancels: Cancels::default(),
            isolation,
            query_ids: AtomicI64::new(100),
        }
    }

    /// The isolation of every transaction, in PostgreSQL's word.
    pub(crate) fn isolation(&self) -> &'static str {
        self.isolation
    }

    /// The number of the next query.
    pub(crate) fn next_query(&self) -> i64 {
        self.query_ids.fetch_add(1, Ordering::Relaxed)
    }
}
