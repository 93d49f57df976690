//! What all sessions of one emulator share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::load::Cancels;
use crate::objects::ObjectStore;
use crate::session::late_views::LateViews;
use crate::session::renames::Renames;
use crate::session::tls::Tls;
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
    pub(crate) tls: Option<Tls>,
    is_serializable: AtomicBool,
    query_ids: AtomicI64,
}

impl Shared {
    pub(crate) fn new(
        socket: PathBuf,
        objects: Arc<dyn ObjectStore>,
        is_serializable: bool,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            socket,
            objects,
            long_names: LongNames::default(),
            renames: Renames::default(),
            late_views: LateViews::default(),
            cancels: Cancels::default(),
            tls,
            is_serializable: AtomicBool::new(is_serializable),
            query_ids: AtomicI64::new(100),
        }
    }

    /// Whether conflicts of transactions end in error 1023.
    pub(crate) fn is_serializable(&self) -> bool {
        self.is_serializable.load(Ordering::Relaxed)
    }

    pub(crate) fn set_serializable(&self, is_serializable: bool) {
        self.is_serializable.store(is_serializable, Ordering::Relaxed);
    }

    /// The number of the next query.
    pub(crate) fn next_query(&self) -> i64 {
        self.query_ids.fetch_add(1, Ordering::Relaxed)
    }
}
