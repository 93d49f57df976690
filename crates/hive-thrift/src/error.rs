//! What can go wrong between a client and a server before the server's own words are read.

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
    /// The server cannot be reached, or the connection broke before anything was asked.
    Unavailable,
    /// The user or the password is missing or wrong.
    Unauthenticated,
    /// The connection broke before the answer came.
    ConnectionLost,
    /// The bytes that came are not what the protocol allows.
    Protocol,
}

/// An error of a connection.
///
/// `Display` is one line: kind, a sentence that says what to do next, and the context in brackets. Passwords never
/// appear in it.
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

    pub(crate) fn in_doubt(mut self) -> Self {
        self.0.in_doubt = true;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence, without kind and context.
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// Whether the call may have taken effect all the same: it was sent, and its answer did not come or cannot be read.
    pub fn is_in_doubt(&self) -> bool {
        self.0.in_doubt
    }

    /// Pairs of a key and a value that say where it happened.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// The cause, for an error of the client's own that takes this one's place.
    pub fn into_source(self) -> Option<Box<dyn std::error::Error + Send + Sync + 'static>> {
        self.0.source
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_context() {
        let error = Error::new(ErrorKind::InvalidConfig, "No file").with_context("file", "ca.pem");
        assert_eq!(error.to_string(), "InvalidConfig: No file (file: ca.pem)");
        assert_eq!(Error::new(ErrorKind::Protocol, "What").to_string(), "Protocol: What");
    }
}
