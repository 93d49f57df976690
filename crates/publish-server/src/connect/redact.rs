//! Keeps secrets out of texts.

use std::fmt;
use std::sync::Arc;

use publish_core::Error;
use serde_json::Value;

use super::settings::is_secret_name;
use crate::Credentials;

/// What stands in place of a secret.
const REDACTED: &str = "(secret)";

/// Shortest secret that is looked for: a shorter one would be found in harmless words.
const MIN_LEN: usize = 4;

/// Replaces a connection's secrets in texts: a second net below targets that show none.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Arc<[String]>);

impl Redactor {
    /// Looks for the secrets of these credentials.
    pub(crate) fn of(credentials: &Credentials) -> Self {
        let mut secrets = Vec::new();
        for (name, value) in credentials.expose() {
            collect(is_secret_name(name), value, &mut secrets);
        }
        // Longer ones first: one secret may be a part of another.
        secrets.sort_by_key(|secret: &String| std::cmp::Reverse(secret.len()));
        Self(secrets.into())
    }

    /// Looks for the secrets of both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut secrets: Vec<String> = self.0.iter().chain(other.0.iter()).cloned().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets.into())
    }

    /// The text without secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), REDACTED) } else { text }
        })
    }

    /// The value with every text in it without secrets.
    pub(crate) fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if self.0.iter().any(|secret| text.contains(secret.as_str())) {
                    *text = self.text(text);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The error without secrets, and without its causes, which may quote what they could not read.
    pub(crate) fn error(&self, error: &Error) -> Error {
        let plain = Error::new(error.kind(), self.text(error.message())).with_retry(error.retry());
        error.context().iter().fold(plain, |plain, (key, value)| plain.with_context(key, self.text(value)))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.0.len()).finish()
    }
}

fn collect(is_secret: bool, value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret && text.len() >= MIN_LEN => secrets.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(is_secret, value, secrets)),
        Value::Object(map) => {
            for (name, value) in map {
                collect(is_secret || is_secret_name(name), value, secrets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use publish_core::ErrorKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_stand_and_users_are_not() {
        let credentials =
            json!({"username": "etl_user", "password": "hunter2", "iam": {"secret_access_key": "abc/def"}});
        let redactor = Redactor::of(&Credentials::new(credentials.as_object().unwrap().clone()));
        assert_eq!(redactor.text("etl_user:hunter2@abc/def"), "etl_user:(secret)@(secret)");
        let mut value = json!({"a": ["x hunter2"], "b": {"c": "abc/def"}, "d": 1});
        redactor.value(&mut value);
        assert_eq!(value, json!({"a": ["x (secret)"], "b": {"c": "(secret)"}, "d": 1}));
        let error = Error::new(ErrorKind::InvalidRequest, "no").with_context("setting", "string \"hunter2\"");
        assert_eq!(redactor.error(&error).to_string(), "InvalidRequest: no (setting: string \"(secret)\")");
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }
}
