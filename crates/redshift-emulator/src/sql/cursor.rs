//! A reader that steps through the tokens of a statement.

use crate::sql::Dialect;
use crate::sql::names::quote_name;
use crate::sql::token::{Token, TokenKind};
use crate::wire::Report;

/// A place among the tokens of one statement.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'source> {
    pub(crate) source: &'source str,
    pub(crate) tokens: &'source [Token],
    pub(crate) at: usize,
    pub(crate) dialect: Dialect<'source>,
}

impl<'source> Cursor<'source> {
    pub(crate) fn new(source: &'source str, tokens: &'source [Token], dialect: Dialect<'source>) -> Self {
        Self { source, tokens, at: 0, dialect }
    }

    /// The text of the next token; empty at the end.
    pub(crate) fn peek(&self) -> &'source str {
        self.peek_at(0)
    }

    /// The text of a later token; empty behind the end.
    pub(crate) fn peek_at(&self, ahead: usize) -> &'source str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text(self.source))
    }

    /// What the next token is.
    pub(crate) fn kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Whether the next tokens are these words or symbols.
    pub(crate) fn is(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| {
            self.peek_at(ahead).eq_ignore_ascii_case(word)
                && self.tokens.get(self.at + ahead).is_some_and(|token| token.kind != TokenKind::Quoted)
        })
    }

    /// Steps over these words, if they come next.
    pub(crate) fn take(&mut self, words: &[&str]) -> bool {
        let found = self.is(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Steps over these words, which must come next.
    pub(crate) fn expect(&mut self, words: &[&str]) -> Result<(), Report> {
        if self.take(words) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The end must have come.
    pub(crate) fn expect_end(&self) -> Result<(), Report> {
        if self.is_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The error for the token that comes next.
    pub(crate) fn unexpected(&self) -> Report {
        Report::syntax(self.peek())
    }

    /// The next word, in lower case.
    pub(crate) fn word(&mut self) -> Result<String, Report> {
        if self.kind() != Some(TokenKind::Word) {
            return Err(self.unexpected());
        }
        let word = self.peek().to_ascii_lowercase();
        self.at += 1;
        Ok(word)
    }

    /// The next name, as PostgreSQL gets it.
    pub(crate) fn name(&mut self) -> Result<String, Report> {
        match self.tokens.get(self.at) {
            Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::Quoted) => {
                self.at += 1;
                Ok(self.dialect.name(token, self.source))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The next name with its schema, quoted.
    pub(crate) fn qualified_name(&mut self) -> Result<String, Report> {
        let mut parts = vec![quote_name(&self.name()?)];
        while self.take(&["."]) {
            parts.push(quote_name(&self.name()?));
        }
        Ok(parts.join("."))
    }

    /// Names between parentheses.
    pub(crate) fn names(&mut self) -> Result<Vec<String>, Report> {
        self.expect(&["("])?;
        let mut names = vec![self.name()?];
        while self.take(&[","]) {
            names.push(self.name()?);
        }
        self.expect(&[")"])?;
        Ok(names)
    }

    /// The next string, with its escapes as they stand.
    pub(crate) fn raw_text(&mut self) -> Result<String, Report> {
        if self.kind() != Some(TokenKind::Text) {
            return Err(self.unexpected());
        }
        let token = self.peek();
        self.at += 1;
        let inner = token.split_once('\'').map_or("", |(_, rest)| rest);
        let inner = inner.strip_suffix('\'').unwrap_or(inner);
        Ok(inner.replace("''", "'"))
    }

    /// The next whole number.
    pub(crate) fn integer(&mut self) -> Result<i64, Report> {
        let negative = self.take(&["-"]);
        let text = self.peek();
        let value: i64 = match (self.kind(), text.parse()) {
            (Some(TokenKind::Number), Ok(value)) => value,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(if negative { -value } else { value })
    }

    /// Steps over a group in parentheses, which must come next, and answers its tokens without them.
    pub(crate) fn group(&mut self) -> Result<&'source [Token], Report> {
        self.expect(&["("])?;
        let start = self.at;
        let mut depth = 1;
        while !self.is_end() {
            match (self.kind(), self.peek()) {
                (Some(TokenKind::Symbol), "(") => depth += 1,
                (Some(TokenKind::Symbol), ")") => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(&self.tokens[start..self.at - 1]);
            }
        }
        Err(self.unexpected())
    }

    /// The tokens that are left.
    pub(crate) fn rest(&self) -> &'source [Token] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }
}
