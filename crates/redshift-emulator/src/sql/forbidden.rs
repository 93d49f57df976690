//! What PostgreSQL would allow and the service refuses, wherever it stands in a statement.

use crate::sql::token::{Token, TokenKind};
use crate::wire::Report;

/// Relations that came to PostgreSQL after the service left it.
const RELATIONS: [&str; 12] = [
    "pg_range",
    "pg_enum",
    "pg_extension",
    "pg_collation",
    "pg_sequence",
    "pg_sequences",
    "pg_publication",
    "pg_matviews",
    "pg_policy",
    "pg_stat_statements",
    "pg_foreign_table",
    "pg_partitioned_table",
];
/// Functions that the service doesn't have.
const FUNCTIONS: [&str; 26] = [
    "string_agg",
    "array_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "to_json",
    "to_jsonb",
    "row_to_json",
    "json_build_object",
    "jsonb_build_object",
    "gen_random_uuid",
    "unnest",
    "generate_subscripts",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "regexp_matches",
    "to_regclass",
    "txid_current",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "pg_advisory_unlock",
];
/// Types that can't be cast to.
const TYPES: [&str; 18] = [
    "uuid",
    "bytea",
    "json",
    "jsonb",
    "xml",
    "money",
    "inet",
    "cidr",
    "serial",
    "bigserial",
    "smallserial",
    "point",
    "box",
    "polygon",
    "tsvector",
    "tsquery",
    "int4range",
    "int8range",
];

/// Refuses what may not stand in a statement that begins with the given word.
pub(crate) fn check(source: &str, tokens: &[Token]) -> Result<(), Report> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(source));
    let is = |at: usize, word: &str| {
        text(at).eq_ignore_ascii_case(word)
            && tokens.get(at).is_some_and(|token| token.kind != TokenKind::Quoted)
    };
    let is_query = is(0, "select") || is(0, "with");
    let is_change = ["insert", "update", "delete", "merge", "with"].iter().any(|word| is(0, word));
    for (at, token) in tokens.iter().enumerate() {
        let lower = token.text(source).trim_matches('"').to_ascii_lowercase();
        let word = lower.as_str();
        let after_dot = at > 0 && is(at - 1, ".");
        match token.kind {
            TokenKind::Word | TokenKind::Quoted if RELATIONS.contains(&word) => {
                return Err(Report::error("42P01", format!("relation \"{word}\" does not exist")));
            }
            TokenKind::Word | TokenKind::Quoted if word == "typarray" => {
                return Err(Report::error("42703", "column \"typarray\" does not exist"));
            }
            TokenKind::Word if FUNCTIONS.contains(&word) && is(at + 1, "(") && !after_dot => {
                return Err(Report::error("42883", format!("function {word}() does not exist")));
            }
            TokenKind::Word if word == "conflict" && at > 0 && is(at - 1, "on") && is_change => {
                return Err(Report::syntax("conflict"));
            }
            TokenKind::Word if word == "returning" && is_change && !after_dot => {
                return Err(Report::syntax("returning"));
            }
            TokenKind::Word if word == "array" && is(at + 1, "[") => {
                return Err(Report::unsupported("ARRAY[] constructors are not supported"));
            }
            TokenKind::Word if word == "for" && is_query && (is(at + 1, "update") || is(at + 1, "share")) => {
                return Err(Report::unsupported("SELECT FOR UPDATE/SHARE is not supported"));
            }
            TokenKind::Word if word == "distinct" && is(at + 1, "on") => {
                return Err(Report::unsupported("SELECT DISTINCT ON is not supported"));
            }
            TokenKind::Word if word == "lateral" && !after_dot => return Err(Report::syntax("lateral")),
            TokenKind::Word if word == "values" && at > 0 && is(at - 1, "(") => {
                return Err(Report::syntax("values"));
            }
            TokenKind::Word if word == "filter" && is(at + 1, "(") && is(at + 2, "where") => {
                return Err(Report::syntax("("));
            }
            TokenKind::Symbol if word == "::" => check_cast(source, tokens, at + 1)?,
            TokenKind::Word if word == "cast" && is(at + 1, "(") => {
                if let Some(type_at) = end_of_cast(source, tokens, at + 2) {
                    check_cast(source, tokens, type_at)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The place of the type in `CAST(expression AS type)`.
fn end_of_cast(source: &str, tokens: &[Token], from: usize) -> Option<usize> {
    let mut depth = 1;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text(source) {
            "(" => depth += 1,
            ")" => depth -= 1,
            word if depth == 1 && word.eq_ignore_ascii_case("as") => return Some(at + 1),
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    None
}

fn check_cast(source: &str, tokens: &[Token], at: usize) -> Result<(), Report> {
    let word = tokens.get(at).map_or("", |token| token.text(source)).to_ascii_lowercase();
    if TYPES.contains(&word.as_str()) {
        return Err(Report::error("42704", format!("type \"{word}\" does not exist")));
    }
    if tokens.get(at + 1).is_some_and(|token| token.text(source) == "[") {
        return Err(Report::unsupported(format!("type \"{word}[]\" is not supported")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::tokenize;

    fn code(source: &str) -> Option<String> {
        check(source, &tokenize(source).unwrap()).err().map(|report| report.code)
    }

    #[test]
    fn what_the_service_lacks_is_refused() {
        for (source, expected) in [
            ("select * from pg_catalog.pg_range", "42P01"),
            ("select t.typarray from pg_type t", "42703"),
            ("insert into t values (1) on conflict do nothing", "42601"),
            ("insert into t values (1) returning a", "42601"),
            ("select array[1]", "0A000"),
            ("select a::uuid", "42704"),
            ("select cast((a) as uuid)", "42704"),
            ("select a::int[]", "0A000"),
            ("select 1 from t for update", "0A000"),
            ("select distinct on (a) a from t", "0A000"),
            ("select * from (values (1)) v", "42601"),
            ("select string_agg(a, ',') from t", "42883"),
            ("select count(*) filter (where a) from t", "42601"),
        ] {
            assert_eq!(code(source).as_deref(), Some(expected), "{source}");
        }
    }

    #[test]
    fn the_same_words_elsewhere_are_allowed() {
        for source in [
            "select 'pg_range', returning_id from t",
            "insert into t (a) values (1)",
            "select a from t where b in (1) -- returning",
            "select cast(a as varchar(10))",
            "select count(distinct a) from t",
        ] {
            assert_eq!(code(source), None, "{source}");
        }
    }
}
