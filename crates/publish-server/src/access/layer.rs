//! The gate before every call.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use publish_core::Result;

use super::authenticate::Denied;
use super::{Authenticator, Principal, RateLimits, needed_scope};
use crate::{Exception, Scope, Store};

/// How clients are asked for credentials.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"publish\", Basic realm=\"publish\"");

/// Who is let in, and how often.
#[derive(Clone, Debug)]
pub struct Access {
    /// `None` lets everybody in.
    authenticator: Option<Arc<Authenticator>>,
    limits: Arc<RateLimits>,
}

impl Access {
    /// Lets in whoever shows a token or a password that this store knows.
    ///
    /// # Errors
    /// As [`Authenticator::new`].
    pub fn by_tokens(store: Arc<dyn Store>, limits: RateLimits) -> Result<Self> {
        let limits = Arc::new(limits);
        let authenticator = Authenticator::new(store, Arc::clone(&limits))?;
        Ok(Self { authenticator: Some(Arc::new(authenticator)), limits })
    }

    /// Lets everybody do everything: for a host that has looked at its callers already, and for trials on loopback.
    pub fn open(limits: RateLimits) -> Self {
        Self { authenticator: None, limits: Arc::new(limits) }
    }

    /// Whether everybody is let in.
    pub fn is_open(&self) -> bool {
        self.authenticator.is_none()
    }

    /// Who sends this header, if that is enough for a call that needs `needed`.
    async fn admit(
        &self,
        header: Option<HeaderValue>,
        peer: Option<IpAddr>,
        needed: Scope,
    ) -> Result<Principal, Exception> {
        let principal = match &self.authenticator {
            Some(authenticator) => authenticator.authenticate(header.as_ref(), peer).await.map_err(denied)?,
            None => Principal::nobody(),
        };
        self.limits.count_request(&counted_as(&principal, self.is_open(), peer)).map_err(too_many)?;
        if principal.scope < needed {
            let details =
                format!("This call needs the scope {needed}; {} has {}", principal.name, principal.scope);
            return Err(Exception::of_status(StatusCode::FORBIDDEN, details));
        }
        Ok(principal)
    }
}

/// Lets a request pass with its [`Principal`], and its [`TokenId`](crate::TokenId) alone, among its extensions, or answers 401, 403, 429 or 503.
pub async fn require_access(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    // Taken out of the request first: its body can't be looked at from two threads.
    let header = request.headers().get(AUTHORIZATION).cloned();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let needed = needed_scope(request.method(), request.uri().path());
    match access.admit(header, peer, needed).await {
        Ok(principal) => {
            request.extensions_mut().insert(principal.id);
            request.extensions_mut().insert(principal.clone());
            let mut response = next.run(request).await;
            // For the line that the log gets of each answer.
            response.extensions_mut().insert(principal);
            response
        }
        Err(exception) => exception.into_response(),
    }
}

fn counted_as(principal: &Principal, is_open: bool, peer: Option<IpAddr>) -> String {
    match peer {
        Some(peer) if is_open => peer.to_string(),
        _ => principal.name.clone(),
    }
}

fn denied(denied: Denied) -> Exception {
    match denied {
        Denied::Unknown => {
            let details = "Send Authorization: Bearer TOKEN, or Basic with a user and a password, that this server knows";
            Exception::of_status(StatusCode::UNAUTHORIZED, details).with_header(WWW_AUTHENTICATE, CHALLENGE)
        }
        Denied::TooMany(wait) => too_many(wait),
        Denied::Store(error) => error.into(),
    }
}

fn too_many(wait: Duration) -> Exception {
    let seconds = wait.as_secs() + 1;
    Exception::of_status(StatusCode::TOO_MANY_REQUESTS, format!("Send it again in {seconds} s"))
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}
