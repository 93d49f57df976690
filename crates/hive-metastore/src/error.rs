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
    /// No metastore could be reached, or it is not able to serve now.
    Unavailable,
    /// The user or the password is missing or wrong.
    Unauthenticated,
    /// The user is known but not allowed to do this.
    PermissionDenied,
    /// The connection is gone.
    ConnectionLost,
    /// The metastore took too long.
    TimedOut,
    /// The table or the database does not exist, or no longer.
    NotFound,
    /// A table of that name is already there.
    AlreadyExists,
    /// Somebody else changed the table first: the compared parameter has another value, or is not there.
    Modified,
    /// The lock is gone: it was released, or nobody said in time that it is still needed.
    LockLost,
    /// The metastore refuses the change: an incompatible column type, an illegal location or an invalid name.
    Refused,
    /// This metastore cannot do this, or not on its database.
    Unsupported,
    /// The bytes that came are not what the protocol allows.
    Protocol,
    /// The metastore failed for any other reason.
    Failed,
}

/// The error returned by every fallible call.
///
/// `Display` is one line: kind, a sentence that says what to do next, and the context in brackets, with the metastore's own
/// words under `server`. Passwords never appear in it.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: &'static str,
    in_doubt: bool,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: &'static str) -> Self {
        Self(Box::new(Inner { kind, message, in_doubt: false, context: Vec::new(), source: None }))
    }

    pub(crate) fn with_context(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn in_doubt(mut self, in_doubt: bool) -> Self {
        self.0.in_doubt = in_doubt;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence, without kind and context.
    pub fn message(&self) -> &str {
        self.0.message
    }

    /// Whether the call may have taken effect all the same. Read the table before you call again.
    pub fn is_in_doubt(&self) -> bool {
        self.0.in_doubt
    }

    /// Pairs of a key and a value that say where it happened. `server` has the metastore's own words.
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
        let mut taken = Self::new(kind, error.message()).in_doubt(error.is_in_doubt());
        taken.0.context = error.context().to_vec();
        taken.0.source = error.into_source();
        taken
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        let mut open = " (";
        for (key, value) in &self.0.context {
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
