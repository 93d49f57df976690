//! One error type for every publish crate.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Result whose error defaults to [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, in words a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request or a setting is wrong. Correct it and send it again.
    InvalidRequest,
    /// This target, action or format cannot do what was asked.
    Unsupported,
    /// A table, file or name does not exist.
    NotFound,
    /// A table or file is already there.
    AlreadyExists,
    /// The results do not fit the table.
    SchemaMismatch,
    /// A file or a row could not be read or loaded.
    BadData,
    /// The credentials are missing or wrong.
    Unauthenticated,
    /// The credentials are good but not allowed to do this.
    PermissionDenied,
    /// Another run is publishing to this table.
    Busy,
    /// The table changed after the plan was made. Plan again.
    StalePlan,
    /// The other side is down, busy or throttling.
    Unavailable,
    /// The other side took too long.
    TimedOut,
    /// The caller cancelled the run.
    Cancelled,
    /// The run failed and so did putting things back; the context says what is left.
    RollbackFailed,
    /// Anything not named above.
    Unexpected,
}

impl ErrorKind {
    /// Whether the caller has to change the request, a file or a table before it can succeed.
    ///
    /// Nothing was touched when a publish ends in one of these before its run starts.
    pub fn is_callers(self) -> bool {
        matches!(
            self,
            Self::InvalidRequest
                | Self::Unsupported
                | Self::NotFound
                | Self::AlreadyExists
                | Self::SchemaMismatch
        )
    }
}

/// Whether doing the same thing again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Retry {
    /// Nothing will change. Do not retry.
    Never,
    /// The work was not done. Retrying is safe.
    Safe,
    /// The work may or may not have been done, as when a connection drops during a commit.
    /// Ask [`TargetSession::outcome`](crate::TargetSession::outcome) before retrying.
    InDoubt,
    /// It was retried and kept failing.
    Exhausted,
}

/// The error returned by every fallible call of the publish crates.
///
/// `Display` is one line: kind, a sentence that says what to do next, and the context in brackets. `Debug` has
/// everything, with the chain of causes.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    /// Creates an error that retrying does not help.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            retry: Retry::Never,
            message: message.into(),
            context: Vec::new(),
            source: None,
        }))
    }

    /// Adds one `key: value` of context, such as the table or the step. Never a secret.
    #[must_use]
    pub fn with_context(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Attaches the underlying error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says whether retrying may help.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether retrying may help.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The sentence, without kind and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The context in the order it was added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// The messages of the causes, outermost first.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        for (i, (key, value)) in self.0.context.iter().enumerate() {
            write!(f, "{}{key}: {value}", if i == 0 { " (" } else { ", " })?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("message", &self.0.message)
            .field("context", &self.0.context)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl Serialize for Error {
    /// Writes `kind`, `retry`, `message`, `context` as an object, and `causes`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Context<'a>(&'a [(&'static str, String)]);
        impl Serialize for Context<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.0.kind)?;
        map.serialize_entry("retry", &self.0.retry)?;
        map.serialize_entry("message", &self.0.message)?;
        map.serialize_entry("context", &Context(&self.0.context))?;
        map.serialize_entry("causes", &self.causes())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_context() {
        let error = Error::new(ErrorKind::NotFound, "The table does not exist; use createAndLoad to make it")
            .with_context("table", "db.t")
            .with_source(std::io::Error::other("no such table"));
        assert_eq!(
            error.to_string(),
            "NotFound: The table does not exist; use createAndLoad to make it (table: db.t)"
        );
        assert_eq!(error.causes(), ["no such table"]);
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["kind"], "notFound");
        assert_eq!(json["context"]["table"], "db.t");
    }
}
