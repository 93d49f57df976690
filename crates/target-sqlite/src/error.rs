//! What SQLite's errors mean for the caller.

use publish_core::{Error, ErrorKind, Retry};
use rusqlite::ErrorCode;

/// Translates an error of a statement that did not do its work.
pub(crate) fn sqlite_error(error: rusqlite::Error) -> Error {
    let (kind, retry, message) = meaning(&error);
    Error::new(kind, message).with_retry(retry).with_source(error)
}

/// Translates an error of `COMMIT`: a broken disk leaves open whether the transaction is in the file.
pub(crate) fn commit_error(error: rusqlite::Error) -> Error {
    let is_unclear = matches!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure) | None);
    let error = sqlite_error(error);
    if is_unclear { error.with_retry(Retry::InDoubt) } else { error }
}

/// Whether SQLite refused a row, rather than failed.
pub(crate) fn is_refusal(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}

/// The one place where SQLite's codes are looked at.
fn meaning(error: &rusqlite::Error) -> (ErrorKind, Retry, &'static str) {
    let Some(code) = error.sqlite_error_code() else {
        return (ErrorKind::Unexpected, Retry::Never, "SQLite could not be asked; see the cause");
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => (
            ErrorKind::Busy,
            Retry::Safe,
            "Another connection holds the database's write lock; try again when it is done",
        ),
        ErrorCode::NotADatabase => (
            ErrorKind::InvalidRequest,
            Retry::Never,
            "The file is not a SQLite database; correct the setting `file`, or move the file away",
        ),
        ErrorCode::DatabaseCorrupt => {
            (ErrorKind::BadData, Retry::Never, "The database file is damaged; restore it from a backup")
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "The database can't be written; allow writing to its file and to its folder",
        ),
        ErrorCode::CannotOpen => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "The database can't be opened; allow reading and writing its file and its folder",
        ),
        ErrorCode::DiskFull => {
            (ErrorKind::Unavailable, Retry::Never, "The disk is full; make room and publish again")
        }
        ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed | ErrorCode::NoLargeFileSupport => {
            (ErrorKind::Unavailable, Retry::Safe, "The disk failed to read or write the database; look at it")
        }
        ErrorCode::OutOfMemory => {
            (ErrorKind::Unavailable, Retry::Safe, "SQLite ran out of memory; give it more")
        }
        ErrorCode::OperationInterrupted => {
            (ErrorKind::Cancelled, Retry::Safe, "The statement was stopped before it ended")
        }
        ErrorCode::SchemaChanged => {
            (ErrorKind::StalePlan, Retry::Safe, "The database's schema changed meanwhile; plan again")
        }
        ErrorCode::ConstraintViolation => (
            ErrorKind::BadData,
            Retry::Never,
            "A row violates a constraint of the table; correct the results",
        ),
        ErrorCode::TypeMismatch => {
            (ErrorKind::BadData, Retry::Never, "A value is not of the type that its column insists on")
        }
        ErrorCode::TooBig => {
            (ErrorKind::BadData, Retry::Never, "A value is longer than SQLite holds; leave it out")
        }
        _ => (ErrorKind::Unexpected, Retry::Never, "SQLite refused a statement; see the cause"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, ffi};

    use super::*;

    #[test]
    fn each_failure_is_told_by_what_to_do_next() {
        let failure = |code| sqlite_error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for (code, kind, retry) in [
            (ffi::SQLITE_BUSY, ErrorKind::Busy, Retry::Safe),
            (ffi::SQLITE_NOTADB, ErrorKind::InvalidRequest, Retry::Never),
            (ffi::SQLITE_CORRUPT, ErrorKind::BadData, Retry::Never),
            (ffi::SQLITE_READONLY, ErrorKind::PermissionDenied, Retry::Never),
            (ffi::SQLITE_FULL, ErrorKind::Unavailable, Retry::Never),
            (ffi::SQLITE_INTERRUPT, ErrorKind::Cancelled, Retry::Safe),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, ErrorKind::BadData, Retry::Never),
            (ffi::SQLITE_ERROR, ErrorKind::Unexpected, Retry::Never),
        ] {
            let error = failure(code);
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{code}: {error}");
        }
    }

    #[test]
    fn a_disk_that_breaks_under_a_commit_leaves_it_in_doubt() {
        let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert_eq!(commit_error(failure(ffi::SQLITE_IOERR)).retry(), Retry::InDoubt);
        assert_eq!(commit_error(failure(ffi::SQLITE_FULL)).retry(), Retry::Never);
    }

    #[test]
    fn a_full_database_is_a_full_disk() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA max_page_count = 3; CREATE TABLE t (x)").unwrap();
        let error = connection
            .execute("INSERT INTO t VALUES (zeroblob(100000))", [])
            .map_err(sqlite_error)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().contains("full"), "{error}");
    }
}
