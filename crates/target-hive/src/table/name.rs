//! What a table may be called.

use publish_core::{Error, ErrorKind, Result, TableName};

/// Longest name of a database and of a table. Newer metastores allow 256 characters, older ones 128.
const MAX_NAME: usize = 128;

/// Makes a table's name of a path, which is the database or nothing, and a name. Hive keeps both in lower case.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if the path is longer, or a name is not legal.
pub(crate) fn table_name(path: &[String], table: &str, default_database: &str) -> Result<TableName> {
    let database = match path {
        [] => default_database,
        [database] => database.as_str(),
        _ => {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "The path of a Hive table is its database; give one name, or none",
            )
            .with_context("path", path.join("/")));
        }
    };
    Ok(TableName::new(checked("database", database)?, checked("table", table)?))
}

/// The name as Hive keeps it.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) if it is not legal.
pub(crate) fn checked(what: &'static str, name: &str) -> Result<String> {
    let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message).with_context(what, name);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(invalid(
            "A name in Hive is letters, digits and underscores; choose another, and give the database as path",
        ));
    }
    if name.len() > MAX_NAME {
        return Err(invalid("A name in Hive has at most 128 characters; shorten it"));
    }
    Ok(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_by_its_database_in_lower_case() {
        let sales = ["Sales".to_owned()];
        assert_eq!(table_name(&sales, "Orders_1", "x").unwrap(), TableName::new("sales", "orders_1"));
        assert_eq!(table_name(&[], "1", "default").unwrap(), TableName::new("default", "1"));
    }

    #[test]
    fn a_name_that_hive_would_not_take_is_refused() {
        let long = "a".repeat(129);
        for bad in ["", "a.b", "a b", "a`b", "a'b", "a;b", "é", "a\0", "../x", long.as_str()] {
            assert_eq!(table_name(&[], bad, "d").unwrap_err().kind(), ErrorKind::InvalidRequest, "{bad:?}");
            assert_eq!(
                table_name(&[bad.to_owned()], "t", "d").unwrap_err().kind(),
                ErrorKind::InvalidRequest
            );
        }
        let error = table_name(&["a".to_owned(), "b".to_owned()], "t", "d").unwrap_err();
        assert!(error.message().contains("database"), "{error}");
    }
}
