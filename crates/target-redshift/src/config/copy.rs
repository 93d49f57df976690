//! By what right COPY reads the files.

use publish_core::{Error, ErrorKind, Result, Secret};

use crate::sql::literal;

/// By what right COPY reads files and manifests from S3 (the manual's page "Authorization parameters").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyAuthorization {
    /// The cluster's default role. Recommended where there is one.
    DefaultRole,
    /// One role, or a chain of them, each taken on by the one before.
    Roles(Vec<String>),
    /// Keys, which must stay good as long as the load takes.
    Keys {
        /// Id of the key.
        access_key_id: Secret,
        /// The key.
        secret_access_key: Secret,
        /// Token of temporary keys.
        session_token: Option<Secret>,
    },
}

impl CopyAuthorization {
    /// Reads the four settings. `None` where none is given.
    pub(super) fn read(
        iam_role: Option<Vec<String>>,
        access_key_id: Option<Secret>,
        secret_access_key: Option<Secret>,
        session_token: Option<Secret>,
    ) -> Result<Option<Self>> {
        let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message);
        match (iam_role, access_key_id, secret_access_key) {
            (Some(roles), None, None) if session_token.is_none() => Self::from_roles(roles).map(Some),
            (None, Some(access_key_id), Some(secret_access_key)) => {
                Ok(Some(Self::Keys { access_key_id, secret_access_key, session_token }))
            }
            (None, None, None) if session_token.is_none() => Ok(None),
            (Some(_), ..) => Err(invalid(
                "COPY is authorised by `iam_role` or by keys, not by both; leave one of them out",
            )),
            (None, ..) => Err(invalid(
                "Keys for COPY are `access_key_id` and `secret_access_key`, and `session_token` where they are \
                 temporary; give both",
            )),
        }
    }

    fn from_roles(roles: Vec<String>) -> Result<Self> {
        let is_role = |role: &String| {
            role.starts_with("arn:")
                && !role.contains(['\'', '\\', ','])
                && !role.contains(char::is_whitespace)
        };
        match roles.as_slice() {
            [one] if one.eq_ignore_ascii_case("default") => Ok(Self::DefaultRole),
            [] => {
                Err(Error::new(ErrorKind::InvalidRequest, "The setting `iam_role` names no role; give one"))
            }
            all if all.iter().all(is_role) => Ok(Self::Roles(roles)),
            _ => Err(Error::new(
                ErrorKind::InvalidRequest,
                "The setting `iam_role` is `default`, a role's arn, or a list of arns; correct it",
            )
            .with_context("iam_role", roles.join(", "))),
        }
    }

    /// The clause as it is sent. Never show it.
    pub(crate) fn clause(&self) -> String {
        self.written(|secret| literal(secret.expose()))
    }

    /// The clause as it is shown.
    pub(crate) fn shown(&self) -> String {
        self.written(|_| "'(secret)'".to_owned())
    }

    /// Everything that must not be shown.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Keys { access_key_id, secret_access_key, session_token } => {
                let keys = [access_key_id.clone(), secret_access_key.clone()];
                keys.into_iter().chain(session_token.clone()).collect()
            }
            Self::DefaultRole | Self::Roles(_) => Vec::new(),
        }
    }

    fn written(&self, value: impl Fn(&Secret) -> String) -> String {
        match self {
            Self::DefaultRole => "IAM_ROLE DEFAULT".to_owned(),
            Self::Roles(roles) => format!("IAM_ROLE {}", literal(&roles.join(","))),
            Self::Keys { access_key_id, secret_access_key, session_token } => {
                let token = session_token.as_ref();
                let token = token.map(|token| format!(" SESSION_TOKEN {}", value(token))).unwrap_or_default();
                format!(
                    "ACCESS_KEY_ID {} SECRET_ACCESS_KEY {}{token}",
                    value(access_key_id),
                    value(secret_access_key)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(token: Option<&str>) -> CopyAuthorization {
        CopyAuthorization::read(
            None,
            Some(Secret::new("AKIDcanary")),
            Some(Secret::new("it's/canary")),
            token.map(Secret::new),
        )
        .unwrap()
        .unwrap()
    }

    #[test]
    fn each_authorisation_is_one_clause() {
        let role = |roles: &[&str]| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            CopyAuthorization::read(Some(roles), None, None, None).unwrap().unwrap().clause()
        };
        assert_eq!(role(&["Default"]), "IAM_ROLE DEFAULT");
        assert_eq!(role(&["arn:aws:iam::1:role/a"]), "IAM_ROLE 'arn:aws:iam::1:role/a'");
        assert_eq!(
            role(&["arn:aws:iam::1:role/a", "arn:aws:iam::2:role/b"]),
            "IAM_ROLE 'arn:aws:iam::1:role/a,arn:aws:iam::2:role/b'"
        );
        assert_eq!(keys(None).clause(), "ACCESS_KEY_ID 'AKIDcanary' SECRET_ACCESS_KEY 'it''s/canary'");
        assert!(keys(Some("t")).clause().ends_with(" SESSION_TOKEN 't'"));
    }

    #[test]
    fn keys_are_never_shown() {
        let keys = keys(Some("canary-token"));
        assert_eq!(
            keys.shown(),
            "ACCESS_KEY_ID '(secret)' SECRET_ACCESS_KEY '(secret)' SESSION_TOKEN '(secret)'"
        );
        assert!(!format!("{keys:?}").contains("canary"));
        assert_eq!(keys.secrets().len(), 3);
    }

    #[test]
    fn half_an_authorisation_is_refused() {
        let secret = || Some(Secret::new("x"));
        let role = || Some(vec!["default".to_owned()]);
        assert!(CopyAuthorization::read(None, None, None, None).unwrap().is_none());
        for (iam_role, id, key, token) in [
            (role(), secret(), secret(), None),
            (role(), None, None, secret()),
            (None, secret(), None, None),
            (None, None, secret(), None),
            (None, None, None, secret()),
            (Some(vec![]), None, None, None),
            (Some(vec!["admin".to_owned()]), None, None, None),
            (Some(vec!["arn:aws:iam::1:role/a', 'x".to_owned()]), None, None, None),
        ] {
            let error = CopyAuthorization::read(iam_role, id, key, token).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        }
    }
}
