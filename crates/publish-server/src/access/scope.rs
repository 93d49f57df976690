//! The scopes by name, and which one a request needs.

use std::fmt;
use std::str::FromStr;

use axum::http::Method;
use publish_core::{Error, ErrorKind};

use crate::Scope;

impl Scope {
    /// Every scope, from the least.
    pub const ALL: [Self; 3] = [Self::Read, Self::Publish, Self::Admin];

    /// The name, as on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "There is no such scope; use one of the known ones")
                .with_context("scope", name)
                .with_context("known", Self::ALL.map(Self::as_str).join(", "))
        })
    }
}

/// The scope that a request needs.
///
/// A call that is not known here needs `publish` unless it only reads, so that a new one is never open by mistake.
/// Whoever makes a connection chooses which hosts and files this server reaches: that takes `admin`.
pub fn needed_scope(method: &Method, path: &str) -> Scope {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Scope::Read;
    }
    // Wherever the routes are nested: `/v4/connections`, `/api/v4/connections/1`.
    if path.split('/').any(|part| part == "connections") { Scope::Admin } else { Scope::Publish }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_includes_those_before_it() {
        assert!(Scope::Read < Scope::Publish && Scope::Publish < Scope::Admin);
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), scope);
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!("root".parse::<Scope>().unwrap_err().to_string().contains("read, publish, admin"));
    }

    #[test]
    fn reading_publishing_and_connections_need_different_scopes() {
        for (method, path, scope) in [
            (Method::GET, "/v4/jobGroups/1/status", Scope::Read),
            (Method::GET, "/v4/connections", Scope::Read),
            (Method::HEAD, "/v4/jobs/1", Scope::Read),
            (Method::PUT, "/v3/jobGroups/1/publish", Scope::Publish),
            (Method::POST, "/v4/jobGroups/1/publish/plan", Scope::Publish),
            (Method::POST, "/v4/jobGroups/1/cancel", Scope::Publish),
            (Method::POST, "/v4/connections", Scope::Admin),
            (Method::DELETE, "/api/v4/connections/1", Scope::Admin),
            (Method::from_bytes(b"BREW").unwrap(), "/v4/pot", Scope::Publish),
        ] {
            assert_eq!(needed_scope(&method, path), scope, "{method} {path}");
        }
    }
}
