//! What a statement is read with: settings of the session and names of the emulator.

use crate::sql::LongNames;
use crate::sql::names::{fold_quoted, fold_word};
use crate::sql::token::{Token, TokenKind};

/// How names of a statement are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect<'names> {
    /// The session's `enable_case_sensitive_identifier`.
    pub(crate) case_sensitive: bool,
    pub(crate) long_names: &'names LongNames,
}

impl Dialect<'_> {
    /// The name that a token stands for, as PostgreSQL gets it.
    pub(crate) fn name(&self, token: &Token, source: &str) -> String {
        let text = token.text(source);
        let name = match token.kind {
            TokenKind::Quoted => fold_quoted(text, self.case_sensitive),
            _ => fold_word(text),
        };
        self.long_names.shorten(&name)
    }
}
