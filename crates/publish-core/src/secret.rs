//! Values that must never be shown.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// A password, key or token.
///
/// `Debug` is redacted and there is no `Display` and no `Serialize`, so that a secret cannot slip into a log, an
/// error, a plan or a report. [`expose`](Self::expose) is the one way to the value.
///
/// In settings a secret is the text itself or, better, `{ env = "VARIABLE" }` or `{ file = "PATH" }`:
///
/// ```
/// let secret: publish_core::Secret = serde_json::from_str(r#""hunter2""#)?;
/// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
/// assert_eq!(secret.expose(), "hunter2");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value. Hand it to the other side and to nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "a secret is a text, { env = \"VARIABLE\" } or { file = \"PATH\" }")]
        enum Form {
            Value(String),
            Env { env: String },
            File { file: String },
        }
        match Form::deserialize(deserializer)? {
            Form::Value(value) => Ok(Self(value)),
            Form::Env { env } => std::env::var(&env).map(Self).map_err(|_| {
                de::Error::custom(format!("the environment variable {env} of a secret is not set"))
            }),
            Form::File { file } => std::fs::read_to_string(&file)
                .map(|text| Self(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| {
                    de::Error::custom(format!("the file {file} of a secret cannot be read: {error}"))
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_whose_variable_is_not_set_names_the_variable() {
        let error =
            serde_json::from_str::<Secret>(r#"{"env": "PUBLISH_NO_SUCH_VARIABLE"}"#).unwrap_err().to_string();
        assert!(error.contains("PUBLISH_NO_SUCH_VARIABLE"), "{error}");
    }
}
