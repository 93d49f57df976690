//! The one error type of this crate.

use std::fmt;

/// Result whose error defaults to [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, in words a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the connection is wrong.
    InvalidConfig,
    /// No server could be reached, or it is not able to serve now.
    Unavailable,
    /// The user or the password is missing or wrong.
    Unauthenticated,
    /// The user is known but not allowed to do this.
    PermissionDenied,
    /// The connection or the session is gone, and with it the statement.
    ConnectionLost,
    /// The server, or a statement with a time limit, took too long.
    TimedOut,
    /// The statement was cancelled.
    Cancelled,
    /// The statement is not valid SQL, or names a column or function that is not there.
    InvalidStatement,
    /// A table, database or path does not exist.
    NotFound,
    /// A table or database is already there.
    AlreadyExists,
    /// Somebody else holds a lock.
    Busy,
    /// The server or this client cannot do this.
    Unsupported,
    /// A value of the result cannot be told in its Arrow type.
    BadData,
    /// The bytes that came are not what the protocol allows.
    Protocol,
    /// The statement failed at the server for any other reason.
    Failed,
}

/// The error returned by every fallible call.
///
/// `Display` is one line: kind, a sentence that says what to do next or the server's own message, and the context in
/// brackets. Passwords never appear in it.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    sql_state: Option<String>,
    code: Option<i32>,
    in_doubt: bool,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            sql_state: None,
            code: None,
            in_doubt: false,
            context: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn with_context(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_sql_state(mut self, sql_state: Option<String>) -> Self {
        self.0.sql_state = sql_state.filter(|state| !state.is_empty());
        self
    }

    pub(crate) fn with_code(mut self, code: Option<i32>) -> Self {
        self.0.code = code.filter(|code| *code != 0);
        self
    }

    pub(crate) fn in_doubt(mut self) -> Self {
        self.0.in_doubt = true;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence, or the server's message, without kind and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The SQLSTATE that the server gave. Hive uses `42000` and `08S01` for almost everything.
    pub fn sql_state(&self) -> Option<&str> {
        self.0.sql_state.as_deref()
    }

    /// The server's own error code, such as 10001 for a missing table. Hive's 40000 means anything.
    pub fn code(&self) -> Option<i32> {
        self.0.code
    }

    /// Whether the statement may have taken effect all the same.
    ///
    /// True when the connection was lost or a call timed out after the request was sent, and when a statement was
    /// cancelled or ran out of its time. Look at the tables before you send the statement again.
    pub fn is_in_doubt(&self) -> bool {
        self.0.in_doubt
    }

    /// Pairs of a key and a value that say where it happened.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
}

impl From<hive_thrift::Error> for Error {
    fn from(error: hive_thrift::Error) -> Self {
        let kind = match error.kind() {
            hive_thrift::ErrorKind::InvalidConfig => ErrorKind::InvalidConfig,
            hive_thrift::ErrorKind::Unavailable => ErrorKind::Unavailable,
            hive_thrift::ErrorKind::Unauthenticated => ErrorKind::Unauthenticated,
            hive_thrift::ErrorKind::ConnectionLost => ErrorKind::ConnectionLost,
            _ => ErrorKind::Protocol,
        };
        let mut taken = Self::new(kind, error.message());
        taken.0.in_doubt = error.is_in_doubt();
        taken.0.context = error.context().to_vec();
        taken.0.source = error.into_source();
        taken
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        let code = self.0.code.map(|code| ("code", code.to_string()));
        let sql_state = self.0.sql_state.clone().map(|state| ("sqlState", state));
        let mut open = " (";
        for (key, value) in self.0.context.iter().cloned().chain(code).chain(sql_state) {
            write!(f, "{open}{key}: {value}")?;
            open = ", ";
        }
        if open == ", " {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_context() {
        let error = Error::new(ErrorKind::NotFound, "Table not found")
            .with_context("host", "h:1")
            .with_code(Some(10001))
            .with_sql_state(Some("42S02".into()));
        assert_eq!(error.to_string(), "NotFound: Table not found (host: h:1, code: 10001, sqlState: 42S02)");
        assert_eq!(Error::new(ErrorKind::Busy, "Later").to_string(), "Busy: Later");
    }

    #[test]
    fn a_code_of_zero_and_an_empty_state_say_nothing() {
        let error = Error::new(ErrorKind::Failed, "x").with_code(Some(0)).with_sql_state(Some(String::new()));
        assert_eq!((error.code(), error.sql_state()), (None, None));
    }
}
