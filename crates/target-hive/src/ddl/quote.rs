//! Names and texts within statements.

use publish_core::TableName;

/// Quotes a name. Whatever it holds, it stays one name. See the manual's page LanguageManual DDL, on quoted identifiers.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a table's name with its database.
pub(crate) fn quoted_table(table: &TableName) -> String {
    format!("{}.{}", quoted(&table.namespace), quoted(&table.name))
}

/// Writes a text literal. Whatever it holds, it stays one text: quotes and backslashes are escaped, and so is the
/// dollar of `${`, which would be replaced by a variable before the statement is even read.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("\\'"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\0' => literal.push_str("\\0"),
            '$' if rest.peek() == Some(&'{') => literal.push_str("\\u0024"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_name() {
        assert_eq!(quoted("a`; DROP TABLE x; --"), "`a``; DROP TABLE x; --`");
        assert_eq!(quoted_table(&TableName::new("d`b", "t")), "`d``b`.`t`");
    }

    #[test]
    fn a_hostile_text_stays_one_text() {
        assert_eq!(text("it's"), r"'it\'s'");
        assert_eq!(text(r"a\' OR 1"), r"'a\\\' OR 1'");
        assert_eq!(text("line\nend\t\0"), r"'line\nend\t\0'");
        assert_eq!(text("${hiveconf:x} $ {"), r"'\u0024{hiveconf:x} $ {'");
        assert_eq!(text("größe"), "'größe'");
    }
}
