//! Who may ask.

use std::collections::BTreeMap;

use async_trait::async_trait;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3ErrorCode, S3Result};

use crate::{ACCESS_KEY, Operation, SECRET_KEY};

/// Keys that the server knows.
#[derive(Clone)]
pub struct Identity {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    rights: Rights,
}

/// What the holder of keys may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rights {
    /// Everything.
    #[default]
    Full,
    /// Reading and listing.
    Read,
    /// Nothing: every request is denied.
    None,
}

impl Identity {
    /// Takes an access key and its secret.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
            rights: Rights::Full,
        }
    }

    /// Asks for this session token with each request, as for temporary keys.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Limits what the holder may do.
    #[must_use]
    pub fn with_rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("access_key", &self.access_key)
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

/// All keys, by access key.
#[derive(Clone, Debug)]
pub(crate) struct Identities {
    known: BTreeMap<String, Identity>,
    takes_unsigned: bool,
}

impl Identities {
    /// Takes the keys of the settings; if there are none, the default keys and unsigned requests.
    pub(crate) fn new(mut identities: Vec<Identity>) -> Self {
        let takes_unsigned = identities.is_empty();
        if takes_unsigned {
            identities.push(Identity::new(ACCESS_KEY, SECRET_KEY));
        }
        let known = identities.into_iter().map(|one| (one.access_key.clone(), one)).collect();
        Self { known, takes_unsigned }
    }

    /// What speaks against a request before its signature is checked: the code and the status of the refusal.
    pub(crate) fn objection(
        &self,
        access_key: &str,
        token: Option<&str>,
        operation: Operation,
    ) -> Option<(u16, &'static str)> {
        let identity = self.known.get(access_key)?;
        if identity.session_token.as_deref() != token {
            return Some((400, "InvalidToken"));
        }
        let allowed = match identity.rights {
            Rights::Full => true,
            Rights::Read => operation.is_reading(),
            Rights::None => false,
        };
        (!allowed).then_some((403, "AccessDenied"))
    }
}

#[async_trait]
impl S3Auth for Identities {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.known.get(access_key) {
            Some(identity) => Ok(SecretKey::from(identity.secret_key.as_str())),
            None => Err(S3ErrorCode::InvalidAccessKeyId.into()),
        }
    }
}

#[async_trait]
impl S3Access for Identities {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        // Whose keys they are was checked with the signature.
        if request.credentials().is_some() || self.takes_unsigned {
            Ok(())
        } else {
            Err(S3ErrorCode::AccessDenied.into())
        }
    }
}
