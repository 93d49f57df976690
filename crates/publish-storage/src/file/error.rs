//! What an operating system's error means for the caller.

use std::io;

use publish_core::{Error, ErrorKind, Location, Retry};
use tokio::task::JoinError;

/// Maps the error of a call about `at`. No other place looks at an operating system's error to tell what it means.
pub(super) fn file_error(error: io::Error, at: &Location) -> Error {
    let (kind, retry, message) = meaning(&error);
    Error::new(kind, message).with_retry(retry).with_context("location", at).with_source(error)
}

fn meaning(error: &io::Error) -> (ErrorKind, Retry, &'static str) {
    use io::ErrorKind as Io;
    let never = |kind, message| (kind, Retry::Never, message);
    match error.kind() {
        Io::NotFound | Io::NotADirectory => {
            never(ErrorKind::NotFound, "There is no such file; correct the address")
        }
        Io::IsADirectory => never(ErrorKind::NotFound, "This is a folder, not a file; name a file in it"),
        Io::AlreadyExists => never(ErrorKind::AlreadyExists, "A file is already there; choose another name"),
        Io::PermissionDenied => never(
            ErrorKind::PermissionDenied,
            "This user may not read or write here; change the rights or the address",
        ),
        Io::ReadOnlyFilesystem => {
            never(ErrorKind::PermissionDenied, "The disk is mounted for reading only; choose another folder")
        }
        Io::StorageFull => never(ErrorKind::Unavailable, "The disk is full; free space and publish again"),
        Io::QuotaExceeded => never(
            ErrorKind::Unavailable,
            "This user's share of the disk is used up; free space and publish again",
        ),
        Io::FileTooLarge => {
            never(ErrorKind::Unsupported, "The file grows larger than this disk allows; write smaller files")
        }
        Io::InvalidInput | Io::InvalidFilename => {
            never(ErrorKind::InvalidRequest, "The disk allows no such name; correct the address")
        }
        Io::UnexpectedEof => never(
            ErrorKind::BadData,
            "The file ends before the bytes that were asked for; it may have been cut off",
        ),
        Io::TimedOut => (ErrorKind::TimedOut, Retry::Safe, "The disk took too long; publish again"),
        Io::Interrupted
        | Io::WouldBlock
        | Io::ResourceBusy
        | Io::OutOfMemory
        | Io::StaleNetworkFileHandle
        | Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::ConnectionRefused
        | Io::NotConnected
        | Io::HostUnreachable
        | Io::NetworkUnreachable
        | Io::NetworkDown => {
            (ErrorKind::Unavailable, Retry::Safe, "The disk does not answer now; publish again")
        }
        _ => unnamed_meaning(error),
    }
}

/// Errors that the standard library has no name for.
#[cfg(unix)]
fn unnamed_meaning(error: &io::Error) -> (ErrorKind, Retry, &'static str) {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE) => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "Too many files are open; publish again, or raise the limit of open files",
        ),
        Some(Errno::LOOP) => {
            (ErrorKind::InvalidRequest, Retry::Never, "The links lead in a circle; correct the address")
        }
        Some(Errno::IO) => {
            (ErrorKind::Unavailable, Retry::Never, "The disk reports a fault; look at it, then publish again")
        }
        _ => unknown_meaning(),
    }
}

#[cfg(not(unix))]
fn unnamed_meaning(_: &io::Error) -> (ErrorKind, Retry, &'static str) {
    unknown_meaning()
}

fn unknown_meaning() -> (ErrorKind, Retry, &'static str) {
    (ErrorKind::Unexpected, Retry::Never, "The disk refused the call; its own words are the cause")
}

/// The error of a call whose thread panicked, or whose runtime is shutting down.
pub(super) fn stopped(error: JoinError) -> Error {
    Error::new(ErrorKind::Unexpected, "A call to the disk stopped unexpectedly").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(error: impl Into<io::Error>) -> Error {
        file_error(error.into(), &Location::parse("file:///data/x").unwrap())
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let error = mapped(io::ErrorKind::StorageFull);
        assert_eq!(
            error.to_string(),
            "Unavailable: The disk is full; free space and publish again (location: file:///data/x)"
        );
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(mapped(io::ErrorKind::QuotaExceeded).kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn a_missing_and_a_forbidden_file_are_told_apart() {
        assert_eq!(mapped(io::ErrorKind::NotADirectory).kind(), ErrorKind::NotFound);
        assert_eq!(mapped(io::ErrorKind::IsADirectory).kind(), ErrorKind::NotFound);
        assert_eq!(mapped(io::ErrorKind::PermissionDenied).kind(), ErrorKind::PermissionDenied);
        assert_eq!(mapped(io::ErrorKind::ReadOnlyFilesystem).kind(), ErrorKind::PermissionDenied);
    }

    #[cfg(unix)]
    #[test]
    fn too_many_open_files_may_be_tried_again() {
        use rustix::io::Errno;
        assert_eq!(mapped(Errno::MFILE).retry(), Retry::Safe);
        assert_eq!(mapped(Errno::LOOP).kind(), ErrorKind::InvalidRequest);
        assert_eq!(mapped(Errno::XDEV).kind(), ErrorKind::Unexpected);
    }
}
