//! Statements on tables, and those of transactions.

use publish_core::{ColumnDef, TableName};

use super::quote::{literal, quoted, table as table_ref};
use crate::layout::Layout;

/// Starts a transaction.
pub(crate) const BEGIN: &str = "BEGIN";

/// Makes a transaction visible and durable.
pub(crate) const COMMIT: &str = "COMMIT";

/// Takes a transaction back.
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// Reads how many rows the last COPY of the session loaded.
pub(crate) const COPY_COUNT: &str = "SELECT pg_last_copy_count()";

/// Reads the number of the last COPY of the session.
pub(crate) const COPY_ID: &str = "SELECT pg_last_copy_id()";

/// Makes a table with its columns and their place on disk.
pub(crate) fn create_table(table: &TableName, columns: &[ColumnDef], layout: &Layout) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            let encode =
                layout.encoding(&column.name).map(|word| format!(" ENCODE {word}")).unwrap_or_default();
            format!("  {} {}{encode}{not_null}", quoted(&column.name), column.sql_type)
        })
        .collect();
    format!("CREATE TABLE {} (\n{}\n){}", table_ref(table), columns.join(",\n"), layout.clauses())
}

/// Drops a table, and fails where something depends on it.
pub(crate) fn drop_table(table: &TableName) -> String {
    format!("DROP TABLE {}", table_ref(table))
}

/// Drops a table with everything that depends on it.
pub(crate) fn drop_table_cascade(table: &TableName) -> String {
    format!("DROP TABLE {} CASCADE", table_ref(table))
}

/// Drops a table if it is there.
pub(crate) fn drop_table_if_exists(table: &TableName) -> String {
    format!("DROP TABLE IF EXISTS {}", table_ref(table))
}

/// Deletes every row. `TRUNCATE` would commit the transaction it runs in (the manual's page "TRUNCATE").
pub(crate) fn delete_rows(table: &TableName) -> String {
    format!("DELETE FROM {}", table_ref(table))
}

/// Empties a table at once and for good.
pub(crate) fn truncate(table: &TableName) -> String {
    format!("TRUNCATE TABLE {}", table_ref(table))
}

/// Takes a table for this transaction alone, readers too.
pub(crate) fn lock(table: &TableName) -> String {
    format!("LOCK TABLE {}", table_ref(table))
}

/// Gives a table another name in its schema.
pub(crate) fn rename(table: &TableName, name: &str) -> String {
    format!("ALTER TABLE {} RENAME TO {}", table_ref(table), quoted(name))
}

/// Adds the rows of one table to another.
pub(crate) fn insert_from(table: &TableName, from: &TableName, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    let columns = columns.join(", ");
    format!("INSERT INTO {} ({columns})\nSELECT {columns} FROM {}", table_ref(table), table_ref(from))
}

/// Brings the planner's statistics up to date.
pub(crate) fn analyze(table: &TableName) -> String {
    format!("ANALYZE {}", table_ref(table))
}

/// Frees the space of deleted rows.
pub(crate) fn vacuum(table: &TableName) -> String {
    format!("VACUUM DELETE ONLY {}", table_ref(table))
}

/// Gives a table to its owner.
pub(crate) fn owner(table: &TableName, owner: &str) -> String {
    format!("ALTER TABLE {} OWNER TO {}", table_ref(table), quoted(owner))
}

/// Comments on a table.
pub(crate) fn comment_on_table(table: &TableName, comment: &str) -> String {
    format!("COMMENT ON TABLE {} IS {}", table_ref(table), literal(comment))
}

/// Comments on a column.
pub(crate) fn comment_on_column(table: &TableName, column: &str, comment: &str) -> String {
    format!("COMMENT ON COLUMN {}.{} IS {}", table_ref(table), quoted(column), literal(comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> TableName {
        TableName::new("public", "orders")
    }

    #[test]
    fn statements_are_plain_text() {
        let columns =
            [ColumnDef::new("id", "BIGINT").with_nullable(false), ColumnDef::new("name", "VARCHAR(256)")];
        assert_eq!(
            create_table(&orders(), &columns, &Layout::default()),
            "CREATE TABLE \"public\".\"orders\" (\n  \"id\" BIGINT NOT NULL,\n  \"name\" VARCHAR(256)\n)"
        );
        let shadow = orders().with_name("pub_r1_1");
        for (statement, expected) in [
            (drop_table(&orders()), "DROP TABLE \"public\".\"orders\""),
            (drop_table_cascade(&orders()), "DROP TABLE \"public\".\"orders\" CASCADE"),
            (drop_table_if_exists(&shadow), "DROP TABLE IF EXISTS \"public\".\"pub_r1_1\""),
            (delete_rows(&orders()), "DELETE FROM \"public\".\"orders\""),
            (truncate(&orders()), "TRUNCATE TABLE \"public\".\"orders\""),
            (lock(&orders()), "LOCK TABLE \"public\".\"orders\""),
            (rename(&shadow, "orders"), "ALTER TABLE \"public\".\"pub_r1_1\" RENAME TO \"orders\""),
            (
                insert_from(&orders(), &shadow, &["id".to_owned(), "name".to_owned()]),
                "INSERT INTO \"public\".\"orders\" (\"id\", \"name\")\nSELECT \"id\", \"name\" FROM \
                 \"public\".\"pub_r1_1\"",
            ),
            (analyze(&orders()), "ANALYZE \"public\".\"orders\""),
            (vacuum(&orders()), "VACUUM DELETE ONLY \"public\".\"orders\""),
            (owner(&orders(), "etl"), "ALTER TABLE \"public\".\"orders\" OWNER TO \"etl\""),
            (comment_on_table(&orders(), "it's"), "COMMENT ON TABLE \"public\".\"orders\" IS 'it''s'"),
            (
                comment_on_column(&orders(), "id", "key"),
                "COMMENT ON COLUMN \"public\".\"orders\".\"id\" IS 'key'",
            ),
        ] {
            assert_eq!(statement, expected);
        }
    }
}
