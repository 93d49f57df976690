//! What errors of HiveServer2 mean for the caller.

use hiveserver2::ErrorKind as Hive;
use publish_core::{Error, ErrorKind, Retry};

/// Translates an error of a statement or of a session. The one place where the client's kinds are looked at; codes,
/// SQLSTATEs and texts are the client's own business.
pub(crate) fn hive_error(error: hiveserver2::Error) -> Error {
    let (kind, retry, message) = meaning(&error);
    let retry = if error.is_in_doubt() { Retry::InDoubt } else { retry };
    Error::new(kind, message).with_retry(retry).with_source(error)
}

fn meaning(error: &hiveserver2::Error) -> (ErrorKind, Retry, &'static str) {
    match error.kind() {
        Hive::InvalidConfig => (
            ErrorKind::InvalidRequest,
            Retry::Never,
            "The connection to HiveServer2 is not set up right; correct its settings",
        ),
        Hive::Unavailable => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "HiveServer2 can't be reached or is not able to serve; look at the server, then try again",
        ),
        Hive::ConnectionLost => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "The connection to HiveServer2 was lost, and with it what ran; try again",
        ),
        Hive::Unauthenticated => (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "HiveServer2 refused the login; correct `user`, `password` and `auth` of the connection, and see the cause",
        ),
        Hive::PermissionDenied => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "Hive may not do this; grant the user the right on the table, and Hive's own user the right on the folder",
        ),
        Hive::TimedOut => (
            ErrorKind::TimedOut,
            Retry::Safe,
            "A statement took longer than it may; look for locks on the table, then try again",
        ),
        Hive::Cancelled => (ErrorKind::Cancelled, Retry::Never, "The statement was cancelled"),
        Hive::NotFound => (
            ErrorKind::NotFound,
            Retry::Never,
            "Hive does not find a table, a database or a path; correct its name, or make it",
        ),
        Hive::AlreadyExists => {
            (ErrorKind::AlreadyExists, Retry::Never, "There is already a table of this name; choose another")
        }
        Hive::Busy => (
            ErrorKind::Busy,
            Retry::Safe,
            "Somebody else holds a lock on the table; try again when readers and writers are done",
        ),
        Hive::Unsupported => {
            (ErrorKind::Unsupported, Retry::Never, "Hive can't do this; see the cause, and its version")
        }
        Hive::BadData => {
            (ErrorKind::BadData, Retry::Never, "A value that Hive answered can't be read; see the cause")
        }
        Hive::InvalidStatement | Hive::Protocol | Hive::Failed => {
            (ErrorKind::Unexpected, Retry::Never, "Hive refused or failed a statement; see the cause")
        }
        _ => (ErrorKind::Unexpected, Retry::Never, "Hive failed in a way that is not known; see the cause"),
    }
}

/// Whether a statement failed because its table is not there, though its database is.
pub(crate) fn is_missing_table(error: &hiveserver2::Error) -> bool {
    const TABLE_NOT_FOUND: i32 = 10001;
    error.kind() == Hive::NotFound && error.code() == Some(TABLE_NOT_FOUND)
}

/// Whether a statement failed because its partition is not there, though its table is.
pub(crate) fn is_missing_partition(error: &hiveserver2::Error) -> bool {
    const INVALID_PARTITION: i32 = 10006;
    error.code() == Some(INVALID_PARTITION)
}

/// Whether a session was refused because the server lets nobody set one of its properties
/// (`hive.security.authorization.sqlstd.confwhitelist`, `hive.conf.restricted.list`).
pub(crate) fn is_forbidden_setting(error: &hiveserver2::Error) -> bool {
    error.message().contains("Cannot modify")
}
