//! Late-binding views: their queries are put in place of their names when they are read.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{PoisonError, RwLock};

use crate::session::Session;
use crate::sql::{quote_literal, tokens_of};

/// The names that late-binding views of the emulator have or had, without their schemas.
///
/// What a view reads stands in the catalog, so that it takes part in transactions; the names only tell which statements
/// have to be looked at.
#[derive(Debug, Default)]
pub(crate) struct LateViews {
    names: RwLock<HashSet<String>>,
}

impl LateViews {
    pub(crate) fn define(&self, name: &str) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(last_part(name));
    }

    /// The names that stand in a statement.
    fn named_in(&self, sql: &str) -> Vec<String> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        if names.is_empty() {
            return Vec::new();
        }
        let sql = sql.to_ascii_lowercase();
        names.iter().filter(|name| sql.contains(name.as_str())).cloned().collect()
    }
}

impl Session {
    /// The statement with the queries of late-binding views in place of their names.
    pub(crate) async fn expand_views(&mut self, sql: &str) -> io::Result<String> {
        let mut sql = sql.to_owned();
        // A view may read another one; a circle ends here.
        for _ in 0..8 {
            let names = self.shared.late_views.named_in(&sql);
            if names.is_empty() || self.backend.status() == b'E' {
                break;
            }
            let names: Vec<_> = names.iter().map(|name| quote_literal(name)).collect();
            let question = format!(
                "SELECT relname, redshift_emulator.label_of(oid) ->> 'late' FROM pg_catalog.pg_class WHERE relkind = 'v' \
                 AND relname IN ({}) AND redshift_emulator.label_of(oid) ->> 'late' IS NOT NULL",
                names.join(", ")
            );
            let rows = self.backend.query(&question).await?.unwrap_or_default();
            let views = rows.into_iter().filter_map(|row| match &row[..] {
                [Some(name), Some(query)] => Some((name.clone(), query.clone())),
                _ => None,
            });
            let Some(next) = expand_all(&sql, &views.collect()) else { break };
            sql = next;
        }
        Ok(sql)
    }
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_owned()
}

/// Puts the queries of these views in place of their names; `None` if the statement reads none.
fn expand_all(sql: &str, views: &HashMap<String, String>) -> Option<String> {
    let mut expanded = expand_once(sql, views)?;
    for _ in 0..8 {
        match expand_once(&expanded, views) {
            Some(next) => expanded = next,
            None => break,
        }
    }
    Some(expanded)
}

fn expand_once(sql: &str, views: &HashMap<String, String>) -> Option<String> {
    let tokens = tokens_of(sql)?;
    let first = tokens.first()?.to_ascii_lowercase();
    if !matches!(first.as_str(), "select" | "with" | "(" | "insert" | "create" | "explain") {
        return None;
    }
    let name_of = |at: usize| tokens.get(at).map_or("", |text| text).trim_matches('"').to_ascii_lowercase();
    for at in 1..tokens.len() {
        let before = tokens[at - 1].to_ascii_lowercase();
        if !matches!(before.as_str(), "from" | "join" | ",") {
            continue;
        }
        let last = if tokens.get(at + 1).is_some_and(|text| *text == ".") { at + 2 } else { at };
        let name = name_of(last);
        let Some(query) = views.get(&name) else { continue };
        let start = offset(sql, tokens[at]);
        let end = offset(sql, tokens[last]) + tokens[last].len();
        let follows = name_of(last + 1);
        let has_alias = follows == "as"
            || tokens
                .get(last + 1)
                .is_some_and(|text| text.starts_with(|c: char| c.is_alphabetic() || c == '"'))
                && !NOT_ALIASES.contains(&follows.as_str());
        let alias = if has_alias { String::new() } else { format!(" AS \"{name}\"") };
        return Some(format!("{}({query}){alias}{}", &sql[..start], &sql[end..]));
    }
    None
}

/// Words that may follow a table and are no other name of it.
const NOT_ALIASES: [&str; 20] = [
    "where",
    "group",
    "order",
    "limit",
    "offset",
    "having",
    "union",
    "except",
    "intersect",
    "minus",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "on",
    "using",
    "window",
];

/// Where a part of a text begins.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_stands_where_the_name_stood() {
        let views = HashMap::from([("v".to_owned(), "select a from t".to_owned())]);
        for (sql, expected) in [
            ("select * from v", "select * from (select a from t) AS \"v\""),
            ("select x.a from public.V x", "select x.a from (select a from t) x"),
            (
                "select 1 from u join v on v.a = u.a",
                "select 1 from u join (select a from t) AS \"v\" on v.a = u.a",
            ),
            ("select 1 from u, \"v\" where 1=1", "select 1 from u, (select a from t) AS \"v\" where 1=1"),
        ] {
            assert_eq!(expand_all(sql, &views).as_deref(), Some(expected));
        }
        assert_eq!(expand_all("select v from t", &views), None);
        assert_eq!(expand_all("drop view v", &views), None);
        let names = LateViews::default();
        assert_eq!(names.named_in("select * from v"), Vec::<String>::new());
        names.define("\"public\".\"v\"");
        assert_eq!(names.named_in("select * from V"), ["v"]);
    }
}
