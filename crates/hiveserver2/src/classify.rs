//! What a server's error means: the only place that looks at codes, SQLSTATEs and texts.

use crate::error::{Error, ErrorKind};
use crate::protocol::messages::Status;

const SUCCESS: i32 = 0;
const SUCCESS_WITH_INFO: i32 = 1;
const STILL_EXECUTING: i32 = 2;
const INVALID_HANDLE: i32 = 4;

/// The kind of a failure, from Hive's error code, the SQLSTATE and the message.
///
/// Codes come first, since they are exact. Hive's catch-all 40000 and everything unknown is told by the exception's
/// class name in the text, and only then by the SQLSTATE, which in Hive is mostly `42000` or `08S01` whatever happened.
pub(crate) fn classify(code: Option<i32>, sql_state: Option<&str>, text: &str) -> ErrorKind {
    by_code(code.unwrap_or(0))
        .or_else(|| by_text(text))
        .or_else(|| by_sql_state(sql_state.unwrap_or("")))
        .unwrap_or(ErrorKind::Failed)
}

/// An error from what a server said about a statement or session.
pub(crate) fn server_error(code: Option<i32>, sql_state: Option<String>, message: Option<String>) -> Error {
    let message = message.filter(|text| !text.is_empty());
    let message = message.unwrap_or_else(|| "The server reported a failure without saying why".to_owned());
    let kind = classify(code, sql_state.as_deref(), &message);
    let error = Error::new(kind, message).with_code(code).with_sql_state(sql_state);
    let is_stopped = matches!(kind, ErrorKind::ConnectionLost | ErrorKind::TimedOut | ErrorKind::Cancelled);
    if is_stopped { error.in_doubt() } else { error }
}

/// An error from a call that the server could not make at all.
pub(crate) fn exception_error(text: &str) -> Error {
    if text.contains("Invalid method name") {
        let message = "The server does not know this call; it is no HiveServer2 or too old";
        return Error::new(ErrorKind::Unsupported, message).with_context("server", text);
    }
    // It may have failed after the work was done, such as while writing the answer.
    Error::new(ErrorKind::Failed, "The server failed to carry out the call")
        .with_context("server", text)
        .in_doubt()
}

impl Status {
    /// Passes a success on.
    ///
    /// # Errors
    ///
    /// What the server reports.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self.code {
            SUCCESS | SUCCESS_WITH_INFO | STILL_EXECUTING => Ok(()),
            INVALID_HANDLE => {
                let message = "The session or the statement is gone from the server; open a new session";
                Err(Error::new(ErrorKind::ConnectionLost, message).with_code(self.error_code).in_doubt())
            }
            _ => Err(server_error(self.error_code, self.sql_state, self.message)),
        }
    }
}

fn by_code(code: i32) -> Option<ErrorKind> {
    Some(match code {
        10001 | 10072 => ErrorKind::NotFound,
        10002 | 10004 | 10025 | 10044 => ErrorKind::InvalidStatement,
        10242 => ErrorKind::AlreadyExists,
        10146 | 10236 => ErrorKind::Unsupported,
        10 => ErrorKind::Busy,
        _ => return None,
    })
}

fn by_text(text: &str) -> Option<ErrorKind> {
    const TELLING: [(&str, ErrorKind); 26] = [
        // The server stopped the statement, and the statement's own failure lost the race to say so.
        ("state transition from TIMEDOUT", ErrorKind::TimedOut),
        ("state transition from CANCELED", ErrorKind::Cancelled),
        ("Invalid SessionHandle", ErrorKind::ConnectionLost),
        ("Invalid OperationHandle", ErrorKind::ConnectionLost),
        ("Error validating the login", ErrorKind::Unauthenticated),
        ("AccessControlException", ErrorKind::PermissionDenied),
        ("HiveAccessControlException", ErrorKind::PermissionDenied),
        ("Permission denied", ErrorKind::PermissionDenied),
        ("Access denied", ErrorKind::PermissionDenied),
        ("Error in acquiring locks", ErrorKind::Busy),
        ("LockException", ErrorKind::Busy),
        ("AlreadyExistsException", ErrorKind::AlreadyExists),
        ("_ALREADY_EXISTS]", ErrorKind::AlreadyExists),
        ("NoSuchObjectException", ErrorKind::NotFound),
        ("NoSuchTableException", ErrorKind::NotFound),
        ("Table not found", ErrorKind::NotFound),
        ("No files matching", ErrorKind::NotFound),
        ("_NOT_FOUND]", ErrorKind::NotFound),
        ("Invalid path", ErrorKind::NotFound),
        ("TTransportException", ErrorKind::Unavailable),
        ("ConnectException", ErrorKind::Unavailable),
        ("Could not connect to meta store", ErrorKind::Unavailable),
        ("maximum connections", ErrorKind::Unavailable),
        ("ParseException", ErrorKind::InvalidStatement),
        ("SemanticException", ErrorKind::InvalidStatement),
        ("PARSE_SYNTAX_ERROR", ErrorKind::InvalidStatement),
    ];
    TELLING.iter().find(|(part, _)| text.contains(part)).map(|(_, kind)| *kind)
}

fn by_sql_state(sql_state: &str) -> Option<ErrorKind> {
    Some(match sql_state {
        "42S02" | "42P01" | "42K03" => ErrorKind::NotFound,
        "42S01" | "42P07" => ErrorKind::AlreadyExists,
        "42601" => ErrorKind::InvalidStatement,
        "28000" => ErrorKind::Unauthenticated,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hives_codes_and_texts_have_their_kind() {
        let hive = "Error while compiling statement: FAILED: ";
        for (code, state, text, kind) in [
            (10001, "42S02", "SemanticException [Error 10001]: Table not found 't'", ErrorKind::NotFound),
            (
                10072,
                "42000",
                "SemanticException [Error 10072]: Database does not exist: d",
                ErrorKind::NotFound,
            ),
            (
                40000,
                "08S01",
                "Execution Error, return code 40000. AlreadyExistsException(message:t)",
                ErrorKind::AlreadyExists,
            ),
            (
                40000,
                "42000",
                "ParseException line 1:0 cannot recognize input near 'x'",
                ErrorKind::InvalidStatement,
            ),
            (
                40000,
                "42000",
                "SemanticException Line 1:17 Invalid path ''/no'': No files matching path",
                ErrorKind::NotFound,
            ),
            (10, "42000", "Error in acquiring locks: Lock acquisition timed out", ErrorKind::Busy),
            (
                20009,
                "42000",
                "Execution Error. Access denied: Unable to move source",
                ErrorKind::PermissionDenied,
            ),
            (
                40014,
                "08S01",
                "MetaException(message:AccessControlException: Permission denied: user=hive)",
                ErrorKind::PermissionDenied,
            ),
            (
                2,
                "08S01",
                "Execution Error, return code 2. Vertex failed, vertexName=Map 1",
                ErrorKind::Failed,
            ),
            (
                10146,
                "42000",
                "SemanticException [Error 10146]: Cannot truncate non-managed table t.",
                ErrorKind::Unsupported,
            ),
        ] {
            assert_eq!(classify(Some(code), Some(state), &format!("{hive}{text}")), kind, "{text}");
        }
    }

    #[test]
    fn a_state_decides_only_when_nothing_else_does() {
        assert_eq!(classify(None, Some("42P01"), "gone"), ErrorKind::NotFound);
        assert_eq!(classify(None, Some("42000"), "gone"), ErrorKind::Failed);
        assert_eq!(classify(None, None, ""), ErrorKind::Failed);
    }

    #[test]
    fn a_lost_handle_leaves_the_outcome_in_doubt() {
        let error = server_error(None, None, Some("Invalid OperationHandle: x".into()));
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::ConnectionLost, true));
    }

    #[test]
    fn a_stop_that_the_statements_failure_overtook_is_still_a_stop() {
        let text = |state| Some(format!("Illegal Operation state transition from {state} to ERROR"));
        let timed_out = server_error(None, None, text("TIMEDOUT"));
        assert_eq!((timed_out.kind(), timed_out.is_in_doubt()), (ErrorKind::TimedOut, true));
        let cancelled = server_error(None, None, text("CANCELED"));
        assert_eq!((cancelled.kind(), cancelled.is_in_doubt()), (ErrorKind::Cancelled, true));
    }
}
