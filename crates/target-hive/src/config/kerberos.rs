//! Kerberos: who the servers are, and what must protect the messages.

use publish_core::Result;
use serde::Deserialize;

/// The service of HiveServer2 and of the metastore in the realm of the process, at the host that is connected to.
const DEFAULT_PRINCIPAL: &str = "hive/_HOST";

/// Who the servers are for Kerberos.
///
/// Who the engine is says the environment, as for every program that uses the system's Kerberos library: the ticket that
/// `kinit` got (`KRB5CCNAME`), or the key in the keytab that `KRB5_CLIENT_KTNAME` names. Realms and their servers are those
/// of `krb5.conf` (`KRB5_CONFIG`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HiveKerberos {
    /// HiveServer2's principal: `hive.server2.authentication.kerberos.principal`. `_HOST` stands for the host that is
    /// connected to; without a realm it is one of the default realm.
    #[serde(default = "default_principal")]
    pub principal: String,
    /// The metastore's principal: `hive.metastore.kerberos.principal`. HiveServer2's unless set.
    #[serde(default)]
    pub metastore_principal: Option<String>,
    /// The least protection of messages that is accepted. The best that a server offers is taken.
    #[serde(default)]
    pub protection: HiveProtection,
}

/// How well messages are protected after a login with Kerberos: `hive.server2.thrift.sasl.qop`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum HiveProtection {
    /// Not at all: only the login is safe (`auth`).
    #[default]
    Authentication,
    /// Signed (`auth-int`).
    Integrity,
    /// Signed and encrypted (`auth-conf`).
    Privacy,
}

impl Default for HiveKerberos {
    fn default() -> Self {
        Self {
            principal: default_principal(),
            metastore_principal: None,
            protection: HiveProtection::default(),
        }
    }
}

#[cfg(feature = "kerberos")]
impl HiveKerberos {
    /// What this build can do.
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
    pub(super) fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The login at HiveServer2.
    pub(crate) fn server(&self) -> hiveserver2::Kerberos {
        self.login(&self.principal)
    }

    /// The login at the metastore.
    pub(crate) fn metastore(&self) -> hive_metastore::Kerberos {
        self.login(self.metastore_principal.as_ref().unwrap_or(&self.principal))
    }

    fn login(&self, principal: &str) -> hiveserver2::Kerberos {
        use hiveserver2::Protection;
        hiveserver2::Kerberos::new(principal).with_protection(match self.protection {
            HiveProtection::Authentication => Protection::Authentication,
            HiveProtection::Integrity => Protection::Integrity,
            HiveProtection::Privacy => Protection::Privacy,
        })
    }
}

#[cfg(not(feature = "kerberos"))]
impl HiveKerberos {
    /// What this build can do.
    pub(super) fn check(&self) -> Result<()> {
        use publish_core::{Error, ErrorKind};
        Err(Error::new(
            ErrorKind::Unsupported,
            "This program was built without Kerberos; build it with `cargo build --features kerberos`, or use a \
             HiveServer2 or a gateway that takes a password",
        )
        .with_context("setting", "auth"))
    }
}

fn default_principal() -> String {
    DEFAULT_PRINCIPAL.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::HiveConfig;

    #[test]
    #[cfg(not(feature = "kerberos"))]
    fn a_build_without_kerberos_says_how_to_make_one_with_it() {
        let settings = json!({"hosts": ["h:1"], "staging": "hdfs://nn/p", "auth": "kerberos"});
        let error = HiveConfig::from_settings(settings.as_object().unwrap()).unwrap_err();
        assert_eq!(error.kind(), publish_core::ErrorKind::Unsupported);
        assert!(error.message().contains("--features kerberos"), "{error}");
    }

    #[test]
    fn the_principals_are_those_of_hive_unless_they_are_named() {
        let read = |kerberos: serde_json::Value| {
            let settings = json!({"hosts": ["h:1"], "staging": "hdfs://nn/p", "kerberos": kerberos});
            HiveConfig::from_settings(settings.as_object().unwrap())
        };
        assert_eq!(read(json!({})).unwrap().kerberos.principal, "hive/_HOST");
        let named = read(json!({"principal": "hs2/_HOST@EXAMPLE.COM", "protection": "privacy"})).unwrap();
        assert_eq!(named.kerberos.principal, "hs2/_HOST@EXAMPLE.COM");
        assert_eq!(named.kerberos.protection, super::HiveProtection::Privacy);
        assert!(read(json!({"keytab": "x"})).unwrap_err().to_string().contains("keytab"));
    }
}
