//! Names and texts within statements.

use publish_core::TableName;

/// Quotes a name. Whatever it holds, it stays one name.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a table with its schema.
pub(crate) fn table(table: &TableName) -> String {
    format!("{}.{}", quoted(&table.namespace), quoted(&table.name))
}

/// Quotes a text. The service reads a backslash as the beginning of an escape, so it is doubled.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_stays_one_text() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("\\'; DROP TABLE t; --"), "'\\\\''; DROP TABLE t; --'");
        assert_eq!(quoted("a\"; DROP"), "\"a\"\"; DROP\"");
        assert_eq!(table(&TableName::new("s", "t")), "\"s\".\"t\"");
    }
}
