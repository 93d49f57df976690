//! The names of things: actions, targets, runs, tables.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

macro_rules! registered_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// Wraps a name known when the program is built.
            pub const fn new(name: &'static str) -> Self {
                Self(Cow::Borrowed(name))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(Cow::Owned(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

registered_name! {
    /// The registered name of an action, such as `createAndLoad`.
    ActionName
}

registered_name! {
    /// The registered name of a kind of target, such as `hive`.
    TargetName
}

/// Names one run. Every object a run makes carries it, so that undo and sweep remove only those.
///
/// The same id given again means the same run: it is never loaded twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// Longest id in bytes, so that names made from it stay legal on every target.
    pub const MAX_LEN: usize = 48;

    /// Takes a caller's id.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) unless it is 1 to 48 of `a-z`, `0-9` and `_`. It becomes a part
    /// of table and file names, and warehouses fold case: two ids must not differ by case alone.
    pub fn parse(id: &str) -> Result<Self> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if id.is_empty() || id.len() > Self::MAX_LEN || !id.bytes().all(legal) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "A run id is 1 to 48 lower-case letters, digits and underscores; give another",
            )
            .with_context("run id", id));
        }
        Ok(Self(id.into()))
    }

    /// Makes a new id from 128 random bits.
    pub fn generate() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Self::parse(&id).map_err(serde::de::Error::custom)
    }
}

/// A table, by database (Hive) or schema (Redshift, SQLite) and name. Quoting is the target's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    /// Hive database, Redshift or SQLite schema.
    pub namespace: String,
    /// The table's own name.
    pub name: String,
}

impl TableName {
    /// Creates a name from its two parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The name of a table that `run`'s `attempt` makes beside this one, such as `pub_7f3a_1`.
    ///
    /// It holds nothing of this table's own name, so that it fits wherever a run id fits.
    #[must_use]
    pub fn beside(&self, run: &RunId, attempt: u32) -> Self {
        Self::new(&self.namespace, format!("pub_{run}_{attempt}"))
    }

    /// The same namespace with another name.
    #[must_use]
    pub fn with_name(&self, name: impl Into<String>) -> Self {
        Self::new(&self.namespace, name)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_that_could_not_be_part_of_a_name_is_refused() {
        for bad in ["", "a b", "a-b", "A", "é", "x'; drop", &"a".repeat(49)] {
            assert_eq!(RunId::parse(bad).unwrap_err().kind(), ErrorKind::InvalidRequest, "{bad}");
        }
        assert_eq!(RunId::parse("nightly_2026_11_25").unwrap().as_str(), "nightly_2026_11_25");
        assert!(RunId::parse(RunId::generate().as_str()).is_ok());
    }
}
