//! The contract of an object store.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};

use bytes::Bytes;

/// A place with buckets of objects.
///
/// # Contract
///
/// Calls may block: they run on a thread for blocking work. `list` answers every key that begins with the prefix, in
/// the order of their bytes. `open` answers the whole object; its body is read once, from the beginning.
pub trait ObjectStore: fmt::Debug + Send + Sync + 'static {
    /// The objects whose keys begin with the prefix.
    ///
    /// # Errors
    ///
    /// A missing bucket or credentials that are refused.
    fn list(&self, access: &Access, bucket: &str, prefix: &str) -> Result<Vec<ObjectEntry>, ObjectError>;

    /// Opens one object.
    ///
    /// # Errors
    ///
    /// A missing object or credentials that are refused.
    fn open(&self, access: &Access, bucket: &str, key: &str) -> Result<Object, ObjectError>;

    /// Reads a part of an object: `length` bytes from `start`, fewer where the object ends before.
    ///
    /// The default reads the object from its beginning; a store that can read parts should.
    ///
    /// # Errors
    ///
    /// A missing object, credentials that are refused or a body that breaks off.
    fn read_range(
        &self,
        access: &Access,
        bucket: &str,
        key: &str,
        start: u64,
        length: u64,
    ) -> Result<Bytes, ObjectError> {
        let mut body = self.open(access, bucket, key)?.body;
        let failed =
            |error: io::Error| ObjectError::new(ObjectErrorKind::Other, "InternalError", error.to_string());
        io::copy(&mut body.by_ref().take(start), &mut io::sink()).map_err(failed)?;
        let mut part = Vec::new();
        body.take(length).read_to_end(&mut part).map_err(failed)?;
        Ok(part.into())
    }

    /// Writes one object, as UNLOAD does.
    ///
    /// # Errors
    ///
    /// A missing bucket, credentials that are refused, or a store that only reads (the default).
    fn put(&self, access: &Access, bucket: &str, key: &str, body: Bytes) -> Result<(), ObjectError> {
        let _ = (access, bucket, key, body);
        Err(ObjectError::new(ObjectErrorKind::Denied, "AccessDenied", "Access Denied"))
    }
}

/// One object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectEntry {
    /// The whole key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
}

impl ObjectEntry {
    /// An entry with a key and a size.
    pub fn new(key: impl Into<String>, size: u64) -> Self {
        Self { key: key.into(), size }
    }
}

/// An object that is open for reading.
#[non_exhaustive]
pub struct Object {
    /// The size in bytes, where it is known.
    pub size: Option<u64>,
    /// The bytes.
    pub body: Box<dyn Read + Send>,
}

impl Object {
    /// An object with a size and a body.
    pub fn new(size: Option<u64>, body: impl Read + Send + 'static) -> Self {
        Self { size, body: Box::new(body) }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Object").field("size", &self.size).finish_non_exhaustive()
    }
}

/// What COPY was authorised by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The keys, if COPY gave keys.
    pub credentials: Option<Credentials>,
    /// The chain of roles, or `default`, if COPY gave roles.
    pub iam_role: Option<String>,
    /// The region that COPY gave.
    pub region: Option<String>,
}

/// Keys that sign requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Credentials {
    /// Long-lived keys.
    pub fn new(key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { key_id: key_id.into(), secret: secret.into(), token: None }
    }

    /// Adds the token that temporary keys need.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The identifier of the key, which is not a secret.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The token of temporary keys.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Why a store didn't answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectErrorKind {
    /// There is no such object or bucket.
    NotFound,
    /// The credentials are refused.
    Denied,
    /// Anything else.
    Other,
}

/// A store's refusal, with the service's own word for it.
#[derive(Clone, Debug)]
pub struct ObjectError {
    kind: ObjectErrorKind,
    code: String,
    message: String,
    status: Option<u16>,
}

impl ObjectError {
    /// An error with S3's code for it, such as `NoSuchKey`.
    pub fn new(kind: ObjectErrorKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), status: None }
    }

    /// Sets the HTTP status that came with the refusal.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn kind(&self) -> ObjectErrorKind {
        self.kind
    }

    /// S3's code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The HTTP status of the refusal: the one that came with it, or the one that S3 gives with such a refusal.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.unwrap_or(match self.kind {
            ObjectErrorKind::NotFound => 404,
            ObjectErrorKind::Denied => 403,
            ObjectErrorKind::Other => 500,
        })
    }
}

impl fmt::Display for ObjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)
    }
}

impl Error for ObjectError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_show_their_secrets() {
        let shown = format!("{:?}", Credentials::new("AKIA", "canary-secret").with_token("canary-token"));
        assert!(shown.contains("AKIA") && !shown.contains("canary"), "{shown}");
    }
}
