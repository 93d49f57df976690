//! The statements, as text.

use publish_core::ColumnDef;

use crate::journal::TABLE as JOURNAL;

/// Starts the one transaction of a commit with the database's write lock.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Makes the transaction visible and durable.
pub(crate) const COMMIT: &str = "COMMIT";

/// Takes the transaction back.
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// Keeps a replace from cascading into tables that refer to this one. They are checked afterwards instead.
pub(crate) const FOREIGN_KEYS_OFF: &str = "PRAGMA foreign_keys = OFF";

/// Enforces foreign keys again.
pub(crate) const FOREIGN_KEYS_ON: &str = "PRAGMA foreign_keys = ON";

/// Reads everything that is declared under a table's name.
pub(crate) const DEFINITION: &str = "SELECT type, name, sql FROM sqlite_schema \
     WHERE tbl_name = ?1 COLLATE NOCASE OR name = ?1 COLLATE NOCASE ORDER BY type, name";

/// Reads the columns of a table, those that are computed too.
pub(crate) const COLUMNS: &str = "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden \
     FROM pragma_table_xinfo(?1) ORDER BY cid";

/// Reads what kind of table it is.
pub(crate) const KIND: &str = "SELECT name, type, wr FROM pragma_table_list \
     WHERE schema = 'main' AND name = ?1 COLLATE NOCASE";

/// Reads rows that refer to a row that is not there.
pub(crate) const FOREIGN_KEY_CHECK: &str = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check \
     WHERE parent = ?1 COLLATE NOCASE OR \"table\" = ?1 COLLATE NOCASE LIMIT 1";

/// Quotes a name. Whatever it holds, it stays one name.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes a table.
pub(crate) fn create_table(table: &str, columns: &[ColumnDef]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            format!("  {} {}{not_null}", quoted(&column.name), column.sql_type)
        })
        .collect();
    format!("CREATE TABLE {} (\n{}\n)", quoted(table), columns.join(",\n"))
}

/// Drops a table.
pub(crate) fn drop_table(table: &str) -> String {
    format!("DROP TABLE {}", quoted(table))
}

/// Deletes every row.
pub(crate) fn delete_rows(table: &str) -> String {
    format!("DELETE FROM {}", quoted(table))
}

/// Inserts one row. `OR ABORT` overrides a constraint's own `ON CONFLICT`, which could drop or replace rows silently.
pub(crate) fn insert<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = columns.into_iter().map(quoted).collect();
    let values: Vec<String> = (1..=names.len()).map(|number| format!("?{number}")).collect();
    format!("INSERT OR ABORT INTO {} ({}) VALUES ({})", quoted(table), names.join(", "), values.join(", "))
}

/// Reads no row, but fails where the view's own query does.
pub(crate) fn select_nothing(view: &str) -> String {
    format!("SELECT * FROM {} LIMIT 0", quoted(view))
}

/// Reads the state of the attempt that is about to commit.
pub(crate) fn attempt_state() -> String {
    format!("SELECT state FROM {JOURNAL} WHERE run_id = ?1 AND attempt = ?2")
}

/// Writes the evidence of the commit. It must change one row.
pub(crate) fn evidence() -> String {
    format!(
        "UPDATE {JOURNAL} SET state = 'published', rows = ?3, written_at = unixepoch() \
         WHERE run_id = ?1 AND attempt = ?2 AND state = 'prepared'"
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    const HOSTILE: [&str; 5] = ["a\"b", "t\"; DROP TABLE x; --", "it's", "sp ace.dot", "[x]`y`"];

    #[test]
    fn statements_are_plain_text() {
        let columns =
            [ColumnDef::new("id", "BIGINT").with_nullable(false), ColumnDef::new("Text", "VARCHAR")];
        assert_eq!(
            create_table("t", &columns),
            "CREATE TABLE \"t\" (\n  \"id\" BIGINT NOT NULL,\n  \"Text\" VARCHAR\n)"
        );
        assert_eq!(
            insert("t", ["id", "Text"]),
            "INSERT OR ABORT INTO \"t\" (\"id\", \"Text\") VALUES (?1, ?2)"
        );
        assert_eq!(delete_rows("t"), "DELETE FROM \"t\"");
        assert_eq!(drop_table("t"), "DROP TABLE \"t\"");
    }

    #[test]
    fn a_hostile_name_stays_one_name() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE x (y)").unwrap();
        for name in HOSTILE {
            connection.execute_batch(&create_table(name, &[ColumnDef::new(name, "VARCHAR")])).unwrap();
            connection.execute(&insert(name, [name]), ["v"]).unwrap();
            let count = |table: &str| -> i64 {
                connection
                    .query_row(&format!("SELECT count(*) FROM {}", quoted(table)), [], |row| row.get(0))
                    .unwrap()
            };
            assert_eq!((count(name), count("x")), (1, 0), "{name}");
            connection.execute_batch(&delete_rows(name)).unwrap();
            assert_eq!(count(name), 0);
            connection.execute_batch(&drop_table(name)).unwrap();
        }
    }
}
