//! Connections: where results are published to, and where they are read from.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{ConnectionId, TokenId};

/// A stored connection to a target (`hive`, `redshift`, `sqlite`, or another that the host registered) or to a storage
/// (`s3`, `hdfs`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Registered name of the kind of target or storage.
    pub vendor: String,
    /// What people call it.
    pub name: String,
    /// The server's name, where there is one.
    pub host: Option<String>,
    /// The server's port, where it is not the usual one.
    pub port: Option<u16>,
    /// Settings that are no secrets, by the names that the target or storage has for them.
    pub params: Map<String, Value>,
    /// Of which kind the credentials are, such as `basic`.
    pub credential_type: Option<String>,
    /// The credentials as [`Sealer`](crate::Sealer) made them. `None` where there are none.
    pub credentials: Option<Vec<u8>>,
    /// Who made it.
    pub created_by: TokenId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted. A deleted connection has lost its credentials, and stays as what publications refer to.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Connection {
    /// The connection that a caller asks for, under this id, with its credentials as they were sealed.
    pub fn new(id: ConnectionId, asked: &NewConnection, sealed: Option<Vec<u8>>, now: DateTime<Utc>) -> Self {
        Self {
            id,
            vendor: asked.vendor.clone(),
            name: asked.name.clone(),
            host: asked.host.clone(),
            port: asked.port,
            params: asked.params.clone(),
            credential_type: asked.credential_type.clone(),
            credentials: sealed,
            created_by: asked.created_by,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }
}

/// A connection that a caller asks for.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Registered name of the kind of target or storage.
    pub vendor: String,
    /// What people call it.
    pub name: String,
    /// The server's name.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// Settings that are no secrets.
    pub params: Map<String, Value>,
    /// Of which kind the credentials are.
    pub credential_type: Option<String>,
    /// The credentials.
    pub credentials: Credentials,
    /// Who asks.
    pub created_by: TokenId,
}

/// Credentials by name, such as `username` and `password`. `Debug` is redacted, and nothing shows the values.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Credentials(Map<String, Value>);

impl Credentials {
    /// Wraps credentials.
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values. Hand them to the other side or to the [`Sealer`](crate::Sealer), and to nobody else.
    pub fn expose(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&"redacted").finish()
    }
}
