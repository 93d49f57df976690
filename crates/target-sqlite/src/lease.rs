//! The sign of life of an attempt: a locked file beside the database.
//!
//! SQLite has one write lock. While a load holds it no heartbeat gets through, so a lease by the clock would run out
//! under a living engine. A lock of the operating system needs no renewal, and a process that dies loses it at once.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use publish_core::{Error, ErrorKind, Result, RunId};

/// How many fresh names are tried for the file. One is enough, unless somebody tidies up at that very instant.
const MAX_TRIES: usize = 16;

/// The lock of one attempt. Dropping it removes the file and ends the lease.
#[derive(Debug)]
pub(crate) struct Lease {
    owner: String,
    path: PathBuf,
    _file: File,
}

impl Lease {
    /// Takes a lease beside `database`.
    ///
    /// Locks belong to an open file, not to a process, so two engines in one process see each other too.
    pub(crate) fn take(database: &Path) -> Result<Self> {
        for _ in 0..MAX_TRIES {
            let owner = uuid::Uuid::new_v4().simple().to_string();
            let path = path_of(database, &owner);
            let failed = |error| {
                Error::new(
                    ErrorKind::PermissionDenied,
                    "The lease can't be taken; allow writing to the folder of the database",
                )
                .with_context("file", path.display())
                .with_source(error)
            };
            let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
            match file.try_lock() {
                // The file may have been tidied away between its making and its locking.
                Ok(()) if path.exists() => return Ok(Self { owner, path, _file: file }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // Nobody else knows the name.
            let _ = std::fs::remove_file(&path);
        }
        Err(Error::new(ErrorKind::Unavailable, "The lease can't be taken: its file keeps vanishing"))
    }

    /// The name under which the journal knows it.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A file that is left is found and removed by the next run.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether a living engine holds the lease of this name.
pub(crate) fn is_held(database: &Path, owner: &str) -> bool {
    is_locked(&path_of(database, owner))
}

/// Removes the files of leases that nobody holds any more.
pub(crate) fn remove_stale(database: &Path) {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else { return };
    let prefix = prefix_of(name.to_owned());
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for file in files.flatten() {
        let name = file.file_name();
        let owner = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        if owner.is_some_and(is_owner) && !is_locked(&file.path()) {
            // Somebody else may tidy up as well.
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The leases that this process holds on one database, by run: sessions of one run share its lease.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<RunId, Weak<Lease>>>);

impl Leases {
    /// The lease of `run`, if a session of this process holds it.
    pub(crate) fn held_by(&self, run: &RunId) -> Option<Arc<Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).and_then(Weak::upgrade)
    }

    /// Remembers a lease for the other sessions of its run.
    pub(crate) fn share(&self, run: &RunId, lease: &Arc<Lease>) {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|_, lease| lease.strong_count() > 0);
        leases.insert(run.clone(), Arc::downgrade(lease));
    }
}

/// Looks with a shared lock, so that those who look do not mistake each other for an owner.
fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

fn path_of(database: &Path, owner: &str) -> PathBuf {
    let name = database.file_name().unwrap_or_default().to_owned();
    let mut lease = prefix_of(name);
    lease.push(owner);
    database.with_file_name(lease)
}

fn prefix_of(mut name: OsString) -> OsString {
    name.push("-publish-");
    name
}

fn is_owner(name: &[u8]) -> bool {
    name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_held_until_it_is_dropped_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let lease = Lease::take(&database).unwrap();
        let owner = lease.owner().to_owned();
        assert!(is_held(&database, &owner));
        assert!(!is_held(&database, "0".repeat(32).as_str()));
        remove_stale(&database);
        assert!(is_held(&database, &owner));
        drop(lease);
        assert!(!is_held(&database, &owner));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_files_of_dead_owners_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.sqlite");
        let dead = path_of(&database, &"0".repeat(32));
        let others = [folder.path().join("a.sqlite-publish-notes"), folder.path().join("a.sqlite-wal")];
        let other_database = path_of(&folder.path().join("b.sqlite"), &"0".repeat(32));
        for file in others.iter().chain([&dead, &other_database]) {
            File::create(file).unwrap();
        }
        remove_stale(&database);
        assert!(!dead.exists());
        assert!(others.iter().chain([&other_database]).all(|file| file.exists()));
    }

    #[test]
    fn sessions_of_a_run_share_its_lease() {
        let folder = tempfile::tempdir().unwrap();
        let leases = Leases::default();
        let run = RunId::parse("r1").unwrap();
        let lease = Arc::new(Lease::take(&folder.path().join("a.sqlite")).unwrap());
        leases.share(&run, &lease);
        let second = leases.held_by(&run).unwrap();
        drop(lease);
        assert_eq!(leases.held_by(&run).unwrap().owner(), second.owner());
        drop(second);
        assert!(leases.held_by(&run).is_none());
    }
}
