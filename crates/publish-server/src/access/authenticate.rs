//! From the header of a request to who sent it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use publish_core::{Error, Result, Secret};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::issue::token_hash;
use super::password::{hash_password, is_password};
use super::rate::RateLimits;
use crate::secrets::random_bytes;
use crate::{AccessToken, Scope, Store, TokenId, TokenKind};

/// Time for which a header that was right is right without asking the store: the longest that a token outlives its
/// removal.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// Headers that are remembered.
const MANY: usize = 10_000;

/// Passwords that are hashed side by side. Each takes a core and 19 MiB for tens of milliseconds.
const HASHING_LANES: usize = 2;

/// Who sent a request. Handlers find it among the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// The id of the token.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
}

impl Principal {
    /// Whoever calls a server that asks for no credentials. It may do everything.
    pub fn nobody() -> Self {
        Self { id: TokenId::NOBODY, name: "nobody".to_owned(), scope: Scope::Admin }
    }
}

impl From<&AccessToken> for Principal {
    fn from(token: &AccessToken) -> Self {
        Self { id: token.id, name: token.name.clone(), scope: token.scope }
    }
}

/// Why a request is not let in.
#[derive(Debug)]
#[non_exhaustive]
pub(super) enum Denied {
    /// It carries no credentials, or wrong ones. Nobody is told which.
    Unknown,
    /// Too many wrong passwords; the time to wait.
    TooMany(Duration),
    /// The store can't be asked.
    Store(Error),
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Knows tokens and users from their headers.
///
/// What was right is remembered for five seconds by a keyed digest of the header; a password is hashed again only once its
/// stored hash has changed, so that polling with one costs no more than with a token.
pub struct Authenticator {
    store: Arc<dyn Store>,
    limits: Arc<RateLimits>,
    /// Makes digests in memory worthless elsewhere.
    salt: [u8; 32],
    /// Checked for names that don't exist, so that they take as long as those that do.
    decoy: String,
    hashing: Semaphore,
    known: Mutex<HashMap<[u8; 32], Known>>,
}

/// A header that was right.
#[derive(Clone)]
struct Known {
    principal: Principal,
    /// The stored hash that it was right for.
    hash: String,
    asked: Instant,
}

impl Authenticator {
    /// Takes tokens from this store.
    ///
    /// # Errors
    /// [`Unexpected`](publish_core::ErrorKind::Unexpected) if the system has no random numbers.
    pub fn new(store: Arc<dyn Store>, limits: Arc<RateLimits>) -> Result<Self> {
        let decoy = Secret::new(STANDARD.encode(random_bytes::<32>()?));
        Ok(Self {
            store,
            limits,
            salt: random_bytes()?,
            decoy: hash_password(&decoy)?,
            hashing: Semaphore::new(HASHING_LANES),
            known: Mutex::default(),
        })
    }

    /// Who sends this `Authorization` header from `peer`.
    pub(super) async fn authenticate(
        &self,
        header: Option<&HeaderValue>,
        peer: Option<IpAddr>,
    ) -> Result<Principal, Denied> {
        let header = header.ok_or(Denied::Unknown)?;
        let digest = Sha256::new().chain_update(self.salt).chain_update(header.as_bytes()).finalize().into();
        let known = self.known().get(&digest).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.asked.elapsed() < FRESH_FOR) {
            return Ok(known.principal.clone());
        }
        let shown = Shown::parse(header).ok_or(Denied::Unknown)?;
        let token = match &shown {
            Shown::Bearer(token) => self.store.token_by_hash(&token_hash(token)).await?,
            Shown::Basic { name, .. } => self.store.token_by_name(name).await?,
        };
        let token = token.filter(|token| token.kind == shown.kind());
        if let Shown::Basic { name, password } = shown {
            let is_known = matches!((&token, &known), (Some(token), Some(known)) if token.hash == known.hash);
            if !is_known {
                self.check_password(&digest, name, password, token.as_ref(), peer).await?;
            }
        }
        let token = token.ok_or_else(|| {
            self.known().remove(&digest);
            Denied::Unknown
        })?;
        Ok(self.remember(digest, &token))
    }

    /// Fails unless this is the password of `token`. Takes the same time for a name that does not exist.
    async fn check_password(
        &self,
        digest: &[u8; 32],
        name: String,
        password: Vec<u8>,
        token: Option<&AccessToken>,
        peer: Option<IpAddr>,
    ) -> Result<(), Denied> {
        // The semaphore is never closed.
        let _lane = self.hashing.acquire().await.map_err(|_| Denied::Unknown)?;
        let hash = token.map_or_else(|| self.decoy.clone(), |token| token.hash.clone());
        // Many requests with one header arrive at once: all but the first find what it left.
        if self.known().get(digest).is_some_and(|known| known.hash == hash) {
            return Ok(());
        }
        self.limits.count_try(peer, &name).map_err(Denied::TooMany)?;
        let is_right = tokio::task::spawn_blocking(move || is_password(&password, &hash)).await;
        if !is_right.unwrap_or(false) || token.is_none() {
            tracing::warn!(user = name, peer = peer.map(tracing::field::display), "wrong user or password");
            return Err(Denied::Unknown);
        }
        self.limits.forgive_try(peer, &name);
        if let Some(token) = token {
            self.remember(*digest, token);
        }
        Ok(())
    }

    fn remember(&self, digest: [u8; 32], token: &AccessToken) -> Principal {
        let principal = Principal::from(token);
        let now = Instant::now();
        let mut known = self.known();
        if known.len() >= MANY {
            known.retain(|_, known| now - known.asked < FRESH_FOR);
        }
        if known.len() < MANY {
            let entry = Known { principal: principal.clone(), hash: token.hash.clone(), asked: now };
            known.insert(digest, entry);
        }
        principal
    }

    /// Nothing panics while this is held, so that what a poisoned lock guards is whole.
    fn known(&self) -> MutexGuard<'_, HashMap<[u8; 32], Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What a header shows.
enum Shown {
    Bearer(String),
    Basic { name: String, password: Vec<u8> },
}

impl Shown {
    /// Reads `Bearer TOKEN` or `Basic BASE64(NAME:PASSWORD)`, as in RFC 6750 and RFC 7617.
    fn parse(header: &HeaderValue) -> Option<Self> {
        let (scheme, rest) = header.to_str().ok()?.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer(rest.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = STANDARD.decode(rest).ok()?;
        let colon = pair.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&pair[..colon]).ok()?.to_owned();
        Some(Self::Basic { name, password: pair[colon + 1..].to_vec() })
    }

    fn kind(&self) -> TokenKind {
        match self {
            Self::Bearer(_) => TokenKind::Bearer,
            Self::Basic { .. } => TokenKind::Password,
        }
    }
}
