//! Late-binding views: their queries are put in place of their names when they are read.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::sql::tokens_of;

/// Late-binding views of the emulator, by the name without its schema.
#[derive(Debug, Default)]
pub(crate) struct LateViews {
    views: RwLock<HashMap<String, String>>,
}

impl LateViews {
    pub(crate) fn define(&self, name: &str, query: &str) {
        let mut views = self.views.write().unwrap_or_else(PoisonError::into_inner);
        views.insert(last_part(name), query.to_owned());
    }

    /// The statement with the queries of late-binding views in place of their names; `None` if it names none.
    pub(crate) fn expand(&self, sql: &str) -> Option<String> {
        let views = self.views.read().unwrap_or_else(PoisonError::into_inner);
        if views.is_empty() {
            return None;
        }
        let mut sql = sql.to_owned();
        let mut is_changed = false;
        // A view may read another one; a circle ends here.
        for _ in 0..8 {
            let Some(next) = expand_once(&sql, &views) else { break };
            sql = next;
            is_changed = true;
        }
        is_changed.then_some(sql)
    }
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_owned()
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
        let views = LateViews::default();
        assert_eq!(views.expand("select * from v"), None);
        views.define("\"public\".\"v\"", "select a from t");
        for (sql, expected) in [
            ("select * from v", "select * from (select a from t) AS \"v\""),
            ("select x.a from public.V x", "select x.a from (select a from t) x"),
            (
                "select 1 from u join v on v.a = u.a",
                "select 1 from u join (select a from t) AS \"v\" on v.a = u.a",
            ),
            ("select 1 from u, \"v\" where 1=1", "select 1 from u, (select a from t) AS \"v\" where 1=1"),
        ] {
            assert_eq!(views.expand(sql).as_deref(), Some(expected));
        }
        assert_eq!(views.expand("select v from t"), None);
        assert_eq!(views.expand("drop view v"), None);
    }
}
