//! By what right COPY and UNLOAD reach objects.

use crate::objects::{Access, Credentials};
use crate::sql::cursor::Cursor;
use crate::wire::Report;

/// The parts of an authorisation as they come.
#[derive(Debug, Default)]
pub(super) struct Authorization {
    role: Option<String>,
    key_id: Option<String>,
    secret: Option<String>,
    token: Option<String>,
}

impl Authorization {
    /// Whether a word begins a part of an authorisation.
    pub(super) fn is_option(word: &str) -> bool {
        matches!(word, "iam_role" | "access_key_id" | "secret_access_key" | "session_token" | "credentials")
    }

    /// Reads what follows the word of a part.
    pub(super) fn read(&mut self, option: &str, cursor: &mut Cursor<'_>) -> Result<(), Report> {
        let is_default = option == "iam_role" && cursor.take(&["default"]);
        let text = if is_default {
            "default".to_owned()
        } else {
            cursor.take(&["as"]);
            cursor.raw_text()?
        };
        match option {
            "iam_role" if !is_default && !text.starts_with("arn:") => return Err(invalid()),
            "iam_role" => self.role = Some(text),
            "access_key_id" => self.key_id = Some(text),
            "secret_access_key" => self.secret = Some(text),
            "session_token" => self.token = Some(text),
            _ => self.read_credentials(&text)?,
        }
        Ok(())
    }

    /// What the parts come to.
    pub(super) fn access(mut self, region: Option<String>) -> Result<Access, Report> {
        let credentials = self.credentials()?;
        Ok(Access { credentials, iam_role: self.role.take(), region })
    }

    fn credentials(&mut self) -> Result<Option<Credentials>, Report> {
        let missing = |what: &str| Report::error("42601", format!("{what} is missing in the credentials"));
        let credentials = match (self.key_id.take(), self.secret.take()) {
            (Some(key_id), Some(secret)) => Credentials::new(key_id, secret),
            (Some(_), None) => return Err(missing("SECRET_ACCESS_KEY")),
            (None, Some(_)) => return Err(missing("ACCESS_KEY_ID")),
            (None, None) if self.role.is_none() => {
                return Err(Report::error("42601", "CREDENTIALS argument is required"));
            }
            (None, None) => return Ok(None),
        };
        if self.role.is_some() {
            let message = "IAM_ROLE and access keys can not be used together";
            return Err(Report::error("42601", message));
        }
        Ok(Some(match self.token.take() {
            Some(token) => credentials.with_token(token),
            None => credentials,
        }))
    }

    fn read_credentials(&mut self, text: &str) -> Result<(), Report> {
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = Some(value.to_owned()).filter(|value| !value.is_empty());
            match name {
                "aws_iam_role" => self.role = value,
                "aws_access_key_id" => self.key_id = value,
                "aws_secret_access_key" => self.secret = value,
                "token" => self.token = value,
                _ => {
                    return Err(invalid());
                }
            }
        }
        Ok(())
    }
}

fn invalid() -> Report {
    Report::error(
        "XX000",
        "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or \
         'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'",
    )
}
