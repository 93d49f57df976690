//! Access tokens: who may call the service.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::TokenId;

/// What a token allows. Each one allows what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scope {
    /// To look at job groups, jobs and connections.
    Read,
    /// To register results, publish and cancel.
    Publish,
    /// To make and delete connections.
    Admin,
}

/// How a token is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TokenKind {
    /// As the password that belongs to the name: `Authorization: Basic`.
    Password,
    /// By itself: `Authorization: Bearer`.
    Bearer,
}

/// An access token. Only a hash of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// Its id.
    pub id: TokenId,
    /// Its name; the user's for passwords. No two tokens have one name.
    pub name: String,
    /// How it is sent.
    pub kind: TokenKind,
    /// The hash: slow and salted of a password, fast of a random token.
    pub hash: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A token that is about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// How it is sent.
    pub kind: TokenKind,
    /// The hash.
    pub hash: String,
    /// What it allows.
    pub scope: Scope,
}
