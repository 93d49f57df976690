//! Turns tokens of the service's dialect into text for PostgreSQL.

use crate::sql::Dialect;
use crate::sql::names::{quote_literal, quote_name};
use crate::sql::token::{Token, TokenKind};

/// The text of tokens, with names folded, long names replaced and the service's own words turned.
///
/// What needs no change is left as it stands, white space and comments too.
pub(crate) fn rewrite(source: &str, tokens: &[Token], dialect: Dialect<'_>) -> String {
    let Some((first, last)) = tokens.first().zip(tokens.last()) else { return String::new() };
    let mut text = String::with_capacity(last.end - first.start + 16);
    let mut copied = first.start;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", |token| token.text(source));
        let before = at.checked_sub(1).map_or("", |at| tokens[at].text(source));
        let Some(replacement) = replace(source, token, before, next, dialect) else { continue };
        text.push_str(&source[copied..token.start]);
        text.push_str(&replacement);
        copied = token.end;
    }
    text.push_str(&source[copied..last.end]);
    text
}

fn replace(source: &str, token: &Token, before: &str, next: &str, dialect: Dialect<'_>) -> Option<String> {
    let text = token.text(source);
    match token.kind {
        TokenKind::Quoted => Some(quote_name(&dialect.name(token, source))),
        TokenKind::Word if text.starts_with('#') || text.len() > 63 => {
            Some(quote_name(&dialect.name(token, source)))
        }
        TokenKind::Word => replace_word(text, before, next).map(str::to_owned),
        TokenKind::Text if text.len() > 63 => {
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            dialect.long_names.known(inner).map(|short| quote_literal(&short))
        }
        _ => None,
    }
}

/// Words that the service knows and PostgreSQL doesn't.
fn replace_word(word: &str, before: &str, next: &str) -> Option<&'static str> {
    let called = next == "(" && before != ".";
    if called && word.eq_ignore_ascii_case("nvl") {
        Some("coalesce")
    } else if word.eq_ignore_ascii_case("reldiststyle") && before != "." {
        // A column of pg_class that PostgreSQL lacks.
        Some("redshift_emulator.reldiststyle(oid)")
    } else if word.eq_ignore_ascii_case("sysdate") && before != "." && next != "(" {
        Some("pg_catalog.sysdate()")
    } else if word.eq_ignore_ascii_case("max") && before == "(" && next == ")" {
        // The length in VARCHAR(MAX); the aggregate has an argument.
        Some("65535")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::LongNames;
    use crate::sql::token::tokenize;

    fn rewritten(source: &str) -> String {
        let long_names = LongNames::default();
        let dialect = Dialect { case_sensitive: false, long_names: &long_names };
        rewrite(source, &tokenize(source).unwrap(), dialect)
    }

    #[test]
    fn what_needs_no_change_is_left_alone() {
        let source = "select  a /* b */, 'It''s' from T -- end";
        assert_eq!(rewritten(source), "select  a /* b */, 'It''s' from T");
    }

    #[test]
    fn quoted_names_are_folded_and_temporary_names_quoted() {
        assert_eq!(rewritten("select \"MyCol\" from #Tmp"), "select \"mycol\" from \"#tmp\"");
    }

    #[test]
    fn words_of_the_service_are_turned() {
        assert_eq!(
            rewritten("select NVL(a, sysdate), cast(b as varchar(max)), max(c)"),
            "select coalesce(a, pg_catalog.sysdate()), cast(b as varchar(65535)), max(c)"
        );
    }
}
