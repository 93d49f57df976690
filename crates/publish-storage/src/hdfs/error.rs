//! What an error of HDFS means for the caller.

use std::future::Future;
use std::io;
use std::time::Duration;

use hdfs_native::HdfsError;
use publish_core::{Error, ErrorKind, Location, Result, Retry};

/// How long a name node may take to answer, as Hadoop's `ipc.client.rpc-timeout.ms` has it.
const ANSWER_TIME: Duration = Duration::from_secs(120);

/// What a call does, which tells whether it may be made again when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// It changes nothing, or making it twice does no more than making it once.
    Look,
    /// It may have been done.
    Change,
}

/// Awaits a call to the name node and maps its error.
pub(super) async fn answered<T>(
    at: &Location,
    call: Call,
    answer: impl Future<Output = Result<T, HdfsError>>,
) -> Result<T> {
    in_time(answer).await.map_err(|error| hdfs_error(error, at, call))
}

/// Awaits a call to the name node. Nothing else ends the wait for one that hangs.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T, HdfsError>>) -> Result<T, HdfsError> {
    match tokio::time::timeout(ANSWER_TIME, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(HdfsError::IOError(io::ErrorKind::TimedOut.into())),
    }
}

/// Whether the file, or the folder it is in, is not there.
pub(super) fn is_absent(error: &HdfsError) -> bool {
    match error {
        HdfsError::FileNotFound(_) => true,
        HdfsError::RPCError(class, text) => {
            matches!(class_name(class), "FileNotFoundException" | "ParentNotDirectoryException")
                || is_below_a_file(class, text)
        }
        _ => false,
    }
}

/// Whether a path leads through a file: to users who may not do everything the name node tells that as a lack of rights.
fn is_below_a_file(class: &str, text: &str) -> bool {
    class_name(class) == "AccessControlException"
        && text.lines().next().is_some_and(|line| line.contains("(is not a directory)"))
}

/// Whether the call may have been done although it failed: the connection broke before the answer came.
pub(super) fn is_in_doubt(error: &HdfsError) -> bool {
    use io::ErrorKind as Io;
    match error {
        // The client sends nothing on a connection that it could not make.
        HdfsError::IOError(error) => !matches!(
            error.kind(),
            Io::ConnectionRefused | Io::HostUnreachable | Io::NetworkUnreachable | Io::AddrNotAvailable
        ),
        HdfsError::InvalidRPCResponse(_) | HdfsError::FatalRPCError(..) => true,
        _ => false,
    }
}

/// Maps the error of a call about `at`. No other place looks at an error of HDFS to tell what it means to a caller.
pub(super) fn hdfs_error(error: HdfsError, at: &Location, call: Call) -> Error {
    let (kind, mut retry, message) = meaning(&error);
    if call == Call::Change && is_in_doubt(&error) {
        retry = Retry::InDoubt;
    }
    let mapped = Error::new(kind, message).with_retry(retry).with_context("location", at);
    match error {
        HdfsError::RPCError(class, text) | HdfsError::FatalRPCError(class, text) => {
            // Below its first line is the name node's stack trace.
            let first = text.lines().next().unwrap_or_default();
            let told = first.strip_prefix(&format!("{class}: ")).unwrap_or(first);
            mapped.with_source(format!("{class}: {told}"))
        }
        HdfsError::AlreadyExists(text) => {
            mapped.with_source(text.lines().next().unwrap_or_default().to_owned())
        }
        error => mapped.with_source(error),
    }
}

type Meaning = (ErrorKind, Retry, &'static str);

fn meaning(error: &HdfsError) -> Meaning {
    let never = |kind, message| (kind, Retry::Never, message);
    match error {
        HdfsError::RPCError(class, text) if is_below_a_file(class, text) => {
            exception_meaning("ParentNotDirectoryException", text)
        }
        HdfsError::RPCError(class, text) | HdfsError::FatalRPCError(class, text) => {
            exception_meaning(class_name(class), text)
        }
        HdfsError::FileNotFound(_) | HdfsError::IsADirectoryError(_) => missing(),
        HdfsError::AlreadyExists(_) => taken(),
        HdfsError::IOError(error) if error.kind() == io::ErrorKind::TimedOut => {
            (ErrorKind::TimedOut, Retry::Safe, "HDFS took too long; publish again")
        }
        HdfsError::IOError(_) | HdfsError::InvalidRPCResponse(_) => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "HDFS can't be reached or the connection broke; check the name node's address, or publish again",
        ),
        HdfsError::DataTransferError(_)
        | HdfsError::ChecksumError
        | HdfsError::BlocksNotFound(_)
        | HdfsError::ErasureCodingError(_) => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "No data node gives or takes this part of the file now; look at the data nodes, or publish again",
        ),
        HdfsError::OperationFailed(_) => {
            (ErrorKind::Unavailable, Retry::Safe, "HDFS did not finish the call in time; publish again")
        }
        HdfsError::InvalidPath(_) => illegal_name(),
        HdfsError::InvalidArgument(_) | HdfsError::UrlParseError(_) => never(
            ErrorKind::InvalidRequest,
            "The address names no name node that is known; write hdfs://host:port, or set name_node or hadoop_conf_dir",
        ),
        HdfsError::XmlParseError(_) => never(
            ErrorKind::InvalidRequest,
            "Hadoop's configuration files can't be read; correct them or name another folder",
        ),
        HdfsError::UnsupportedFeature(_) | HdfsError::UnsupportedErasureCodingPolicy(_) => never(
            ErrorKind::Unsupported,
            "This file uses a feature of HDFS that is not supported; copy it to a plain folder",
        ),
        HdfsError::SASLError(_) | HdfsError::GSSAPIError(..) | HdfsError::NoSASLMechanism => login(),
        _ => never(ErrorKind::Unexpected, "HDFS refused the call; its own words are the cause"),
    }
}

/// What an exception of the name node means, by the last part of its class.
fn exception_meaning(class: &str, text: &str) -> Meaning {
    let never = |kind, message| (kind, Retry::Never, message);
    let unavailable = |message| (ErrorKind::Unavailable, Retry::Safe, message);
    match class {
        "FileNotFoundException" => missing(),
        "ParentNotDirectoryException" => {
            never(ErrorKind::NotFound, "A part of the path is a file, not a folder; correct the address")
        }
        "FileAlreadyExistsException" | "AlreadyBeingCreatedException" => taken(),
        "AccessControlException" | "AuthorizationException" | "SnapshotAccessControlException" => never(
            ErrorKind::PermissionDenied,
            "This HDFS user may not read or write here; change the rights, or set another user",
        ),
        "SaslException" | "GSSException" | "InvalidToken" | "InvalidEncryptionKeyException" => login(),
        "StandbyException" | "ObserverRetryOnActiveException" => {
            unavailable("No name node is active; publish again when one has taken over")
        }
        "SafeModeException" => {
            unavailable("The name node is in safe mode; publish again when it has left it")
        }
        "RetriableException" | "ServerTooBusyException" | "NotReplicatedYetException" => {
            unavailable("The name node is busy or just starting; publish again")
        }
        "NSQuotaExceededException"
        | "DSQuotaExceededException"
        | "QuotaByStorageTypeExceededException"
        | "QuotaExceededException" => never(
            ErrorKind::Unavailable,
            "The folder's quota is used up; delete files below it or raise the quota, then publish again",
        ),
        "LeaseExpiredException" | "RecoveryInProgressException" => {
            unavailable("The file being written was removed or taken over by somebody else; publish again")
        }
        "InvalidPathException" | "PathComponentTooLongException" => illegal_name(),
        "MaxDirectoryItemsExceededException" => never(
            ErrorKind::Unavailable,
            "The folder holds as many files as the name node allows; delete some or name another folder",
        ),
        "SnapshotException" => never(
            ErrorKind::Unsupported,
            "The folder has snapshots and can't be changed like this; delete the snapshots or name another folder",
        ),
        // What `rename2` says of a file that is to take a folder's name.
        "IOException" if text.contains("must both be directories") => taken(),
        "IOException" if text.contains("could only be written to") => unavailable(
            "There are too few data nodes that take data; look at them and at the free space, then publish again",
        ),
        _ => never(ErrorKind::Unexpected, "The name node refused the call; its own words are the cause"),
    }
}

fn missing() -> Meaning {
    (ErrorKind::NotFound, Retry::Never, "There is no such file; correct the address")
}

fn taken() -> Meaning {
    (ErrorKind::AlreadyExists, Retry::Never, "A file or folder is already there; choose another name")
}

fn illegal_name() -> Meaning {
    (ErrorKind::InvalidRequest, Retry::Never, "HDFS allows no such name; correct the address")
}

fn login() -> Meaning {
    (
        ErrorKind::Unauthenticated,
        Retry::Never,
        "HDFS does not know this user; log in, such as with kinit, and publish again",
    )
}

fn class_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(error: HdfsError, call: Call) -> Error {
        hdfs_error(error, &Location::parse("hdfs://nn/data/x").unwrap(), call)
    }

    fn exception(class: &str) -> Error {
        let text = format!("{class}: no\n\tat org.apache.hadoop.Some.java:1");
        mapped(HdfsError::RPCError(class.to_owned(), text), Call::Change)
    }

    #[test]
    fn an_exception_keeps_its_first_line_and_no_stack_trace() {
        let error = exception("org.apache.hadoop.security.AccessControlException");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.context()[0], ("location", "hdfs://nn/data/x".to_owned()));
        assert_eq!(error.causes(), ["org.apache.hadoop.security.AccessControlException: no"]);
    }

    #[test]
    fn what_passes_by_itself_may_be_tried_again() {
        for class in [
            "org.apache.hadoop.ipc.StandbyException",
            "org.apache.hadoop.hdfs.server.namenode.SafeModeException",
            "org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException",
        ] {
            let error = exception(class);
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe), "{class}");
        }
        let quota = exception("org.apache.hadoop.hdfs.protocol.DSQuotaExceededException");
        assert_eq!((quota.kind(), quota.retry()), (ErrorKind::Unavailable, Retry::Never));
    }

    #[test]
    fn a_lost_answer_leaves_a_change_in_doubt_and_a_look_not() {
        let lost = || HdfsError::IOError(io::ErrorKind::ConnectionAborted.into());
        assert_eq!(mapped(lost(), Call::Change).retry(), Retry::InDoubt);
        assert_eq!(mapped(lost(), Call::Look).retry(), Retry::Safe);
        let refused = HdfsError::IOError(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(mapped(refused, Call::Change).retry(), Retry::Safe);
    }

    #[test]
    fn inner_classes_are_known_by_their_own_names() {
        let class = "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException";
        assert_eq!(exception(class).kind(), ErrorKind::InvalidRequest);
    }
}
