//! What errors of the metastore mean for the caller.

use hive_metastore::ErrorKind as Metastore;
use publish_core::{Error, ErrorKind, Retry};

/// Translates an error of a call. The one place where the client's kinds are looked at.
pub(crate) fn metastore_error(error: hive_metastore::Error) -> Error {
    let (kind, retry, message) = meaning(&error);
    let retry = if error.is_in_doubt() { Retry::InDoubt } else { retry };
    Error::new(kind, message).with_retry(retry).with_source(error)
}

fn meaning(error: &hive_metastore::Error) -> (ErrorKind, Retry, &'static str) {
    match error.kind() {
        Metastore::InvalidConfig => (
            ErrorKind::InvalidRequest,
            Retry::Never,
            "The connection to the metastore is not set up right; correct `metastore`",
        ),
        Metastore::Unavailable => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "The metastore can't be reached or is not able to serve; look at it, then try again",
        ),
        Metastore::ConnectionLost => {
            (ErrorKind::Unavailable, Retry::Safe, "The connection to the metastore was lost; try again")
        }
        Metastore::Unauthenticated => (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "The metastore refused the login; set `auth` and `kerberos` as it wants them, and see the cause",
        ),
        Metastore::PermissionDenied => (
            ErrorKind::PermissionDenied,
            Retry::Never,
            "The metastore may not do this for the user; grant the user the right on the table",
        ),
        Metastore::TimedOut => (
            ErrorKind::TimedOut,
            Retry::Safe,
            "The metastore took longer than it may; look at it, then try again",
        ),
        Metastore::NotFound => {
            (ErrorKind::StalePlan, Retry::Safe, "The table is not there any more; plan again")
        }
        Metastore::Modified => (
            ErrorKind::StalePlan,
            Retry::Safe,
            "Somebody else replaced the table at the same time; plan again",
        ),
        Metastore::LockLost => {
            (ErrorKind::Busy, Retry::Safe, "The table's lock was lost to somebody else; try again")
        }
        Metastore::AlreadyExists => {
            (ErrorKind::AlreadyExists, Retry::Never, "There is already a table of this name; choose another")
        }
        Metastore::Refused => (
            ErrorKind::Unsupported,
            Retry::Never,
            "The metastore refuses the change of the table; see the cause, or use another name",
        ),
        Metastore::Unsupported => (
            ErrorKind::Unsupported,
            Retry::Never,
            "This metastore can't do it; leave `metastore` out of the connection, or take a newer one",
        ),
        _ => (ErrorKind::Unexpected, Retry::Never, "The metastore failed a call; see the cause"),
    }
}
