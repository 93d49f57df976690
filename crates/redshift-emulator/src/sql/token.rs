//! Words, names, strings and symbols of a statement.

use crate::wire::Report;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or a name without quotes; `#name` too.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A string, also one between dollars.
    Text,
    Number,
    /// `$1`.
    Parameter,
    /// One character, or `::`.
    Symbol,
}

/// A token with its place in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn text<'source>(&self, source: &'source str) -> &'source str {
        &source[self.start..self.end]
    }
}

/// Cuts a string of statements at its semicolons; empty statements are left out.
pub(crate) fn split_statements(source: &str) -> Result<Vec<&str>, Report> {
    let tokens = tokenize(source)?;
    let mut statements = Vec::new();
    let mut first: Option<usize> = None;
    let mut last = 0;
    for token in tokens {
        if token.kind == TokenKind::Symbol && token.text(source) == ";" {
            statements.extend(first.take().map(|start| &source[start..last]));
        } else {
            first.get_or_insert(token.start);
            last = token.end;
        }
    }
    statements.extend(first.map(|start| &source[start..last]));
    Ok(statements)
}

/// The texts of a source's tokens; `None` if it can't be read.
pub(crate) fn tokens_of(source: &str) -> Option<Vec<&str>> {
    Some(tokenize(source).ok()?.iter().map(|token| token.text(source)).collect())
}

/// Reads the tokens of a source; white space and comments are left out.
pub(crate) fn tokenize(source: &str) -> Result<Vec<Token>, Report> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let kind = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if next == b'-' => {
                at = find(bytes, at, b"\n").unwrap_or(bytes.len());
                continue;
            }
            b'/' if next == b'*' => {
                at = end_of_comment(bytes, at)?;
                continue;
            }
            b'\'' => {
                at = end_of_text(bytes, at + 1)?;
                TokenKind::Text
            }
            b'E' | b'e' | b'B' | b'b' | b'X' | b'x' if next == b'\'' => {
                at = end_of_text(bytes, at + 2)?;
                TokenKind::Text
            }
            b'"' => {
                at = end_of_name(bytes, at + 1)?;
                TokenKind::Quoted
            }
            b'$' if next.is_ascii_digit() => {
                at = skip(bytes, at + 1, |byte| byte.is_ascii_digit());
                TokenKind::Parameter
            }
            b'$' => match end_of_dollars(bytes, at) {
                Some(end) => {
                    at = end;
                    TokenKind::Text
                }
                None => return Err(Report::syntax("$")),
            },
            b'#' if is_word_start(next) => {
                at = skip(bytes, at + 1, is_word_part);
                TokenKind::Word
            }
            _ if is_word_start(byte) => {
                at = skip(bytes, at, is_word_part);
                TokenKind::Word
            }
            _ if byte.is_ascii_digit() || (byte == b'.' && next.is_ascii_digit()) => {
                at = end_of_number(bytes, at);
                TokenKind::Number
            }
            b':' if next == b':' => {
                at += 2;
                TokenKind::Symbol
            }
            _ => {
                at += 1;
                TokenKind::Symbol
            }
        };
        tokens.push(Token { kind, start, end: at });
    }
    Ok(tokens)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn skip(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    from + bytes[from..].iter().take_while(|byte| wanted(**byte)).count()
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    bytes.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

fn end_of_comment(bytes: &[u8], start: usize) -> Result<usize, Report> {
    let mut depth = 0;
    let mut at = start;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += 1;
        }
    }
    Err(Report::error("42601", "unterminated /* comment"))
}

/// The end of a string: two quotes and a backslash before a quote do not end it.
fn end_of_text(bytes: &[u8], mut at: usize) -> Result<usize, Report> {
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' => 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => 2,
            b'\'' => return Ok(at + 1),
            _ => 1,
        };
    }
    Err(Report::error("42601", "unterminated quoted string"))
}

fn end_of_name(bytes: &[u8], mut at: usize) -> Result<usize, Report> {
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' if bytes.get(at + 1) == Some(&b'"') => 2,
            b'"' => return Ok(at + 1),
            _ => 1,
        };
    }
    Err(Report::error("42601", "unterminated quoted identifier"))
}

fn end_of_dollars(bytes: &[u8], start: usize) -> Option<usize> {
    let tag_end = skip(bytes, start + 1, is_word_part_without_dollar);
    if bytes.get(tag_end) != Some(&b'$') {
        return None;
    }
    let tag = &bytes[start..=tag_end];
    find(bytes, tag_end + 1, tag).map(|at| at + tag.len())
}

fn is_word_part_without_dollar(byte: u8) -> bool {
    byte != b'$' && is_word_part(byte)
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let mut at = skip(bytes, start, |byte| byte.is_ascii_digit() || byte == b'.');
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let digits = skip(bytes, (at + 1 + sign).min(bytes.len()), |byte| byte.is_ascii_digit());
        if digits > at + 1 + sign {
            at = digits;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokenize(source).unwrap().iter().map(|token| token.text(source)).collect()
    }

    #[test]
    fn strings_comments_and_names_hide_their_semicolons() {
        let source = "select ';' /* ; /* ; */ */, \"a;b\" -- ;\n; ;copy t from 's3://b/''x;' ;";
        let statements = split_statements(source).unwrap();
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[1], "copy t from 's3://b/''x;'");
    }

    #[test]
    fn a_backslash_escapes_a_quote() {
        assert_eq!(texts(r"select 'it\'s;', 'a''b'"), ["select", r"'it\'s;'", ",", "'a''b'"]);
    }

    #[test]
    fn numbers_parameters_casts_and_temporary_names_are_whole() {
        assert_eq!(texts("#t+1.5e-3::int,$1"), ["#t", "+", "1.5e-3", "::", "int", ",", "$1"]);
        assert_eq!(texts("1e"), ["1", "e"]);
    }

    #[test]
    fn a_body_between_dollars_is_one_string() {
        assert_eq!(texts("as $x$ a; $$ b $x$ language sql").len(), 4);
    }

    #[test]
    fn what_is_not_ended_is_an_error() {
        for source in ["'a", "\"a", "/* a", "$x$ a", "'a\\'"] {
            assert_eq!(tokenize(source).unwrap_err().code, "42601", "{source}");
        }
    }
}
