//! The names of tables: how they are given, folded and checked.

use publish_core::{Error, ErrorKind, Result, TableName};

/// Longest name in bytes. The service cuts longer ones silently (the manual's page "Names and identifiers").
pub(crate) const MAX_NAME: usize = 127;

/// The schema where none is named.
pub(crate) const DEFAULT_SCHEMA: &str = "public";

/// Folds a name as the service does: ASCII letters become lower case, also within quotes.
pub(crate) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Makes a table's name of a request's `path` and `table`.
///
/// `path` is nothing, the connection's database, or a schema; `table` may be `schema.table`. A schema that is named
/// twice must be the same one.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that says what is legal.
pub(crate) fn table_name(database: &str, path: &[String], table: &str) -> Result<TableName> {
    let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message).with_context("table", table);
    let (given, name) = match table.split('.').collect::<Vec<_>>().as_slice() {
        [name] => (None, folded(name)),
        [schema, name] => (Some(folded(schema)), folded(name)),
        _ => return Err(invalid("A table is named `table` or `schema.table`; leave the other dots out")),
    };
    let of_path = match path {
        [] => None,
        [one] if folded(one) == folded(database) && folded(one) != DEFAULT_SCHEMA => None,
        [one] => Some(folded(one)),
        _ => {
            return Err(invalid(
                "The path is one name, the connection's database or a schema; leave the rest out",
            )
            .with_context("path", path.join("/"))
            .with_context("database", database));
        }
    };
    let schema = match (given, of_path) {
        (Some(given), Some(of_path)) if given != of_path => {
            return Err(invalid(
                "The path names another schema than the table, or another database than the connection's; correct \
                 one of them",
            )
            .with_context("path", of_path)
            .with_context("database", database));
        }
        (Some(schema), _) | (None, Some(schema)) => schema,
        (None, None) => DEFAULT_SCHEMA.to_owned(),
    };
    check("schema", &schema).map_err(|error| error.with_context("table", table))?;
    check("table", &name)?;
    Ok(TableName::new(schema, name))
}

/// Checks one folded name.
fn check(what: &'static str, name: &str) -> Result<()> {
    let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message).with_context(what, name);
    if name.is_empty() {
        return Err(invalid("The name is empty; give one"));
    }
    if name.len() > MAX_NAME {
        return Err(invalid("Names have at most 127 bytes, and the service cuts longer ones; shorten it")
            .with_context("bytes", name.len()));
    }
    if name.starts_with('#') {
        return Err(invalid("A name that starts with # is that of a temporary table; choose another"));
    }
    if name.trim() != name || name.contains(|c: char| c.is_control() || matches!(c, '\\' | '"' | '\'')) {
        return Err(invalid(
            "Names have no quotes, backslashes or control characters, and no blanks around them; choose another",
        ));
    }
    Ok(())
}

/// Folds and checks the names of columns.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that lists every name that is too long.
pub(crate) fn check_columns<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<String>> {
    let names: Vec<String> = names.map(folded).collect();
    let long: Vec<&str> = names.iter().filter(|name| name.len() > MAX_NAME).map(String::as_str).collect();
    if long.is_empty() {
        return Ok(names);
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "Names of columns have at most 127 bytes, and the service cuts longer ones; shorten them",
    )
    .with_context("columns", long.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &[&str], table: &str) -> Result<TableName> {
        let path: Vec<String> = path.iter().map(|&part| part.to_owned()).collect();
        table_name("dev", &path, table)
    }

    #[test]
    fn a_table_is_in_public_unless_a_schema_is_named() {
        for (path, table, expected) in [
            (&[][..], "orders", "public.orders"),
            (&["dev"], "Orders", "public.orders"),
            (&["DEV"], "MySchema.MyTable", "myschema.mytable"),
            (&["Sales"], "orders", "sales.orders"),
            (&["sales"], "Sales.orders", "sales.orders"),
            (&[], "größe", "public.größe"),
            (&[], "ÄB", "public.Äb"),
            (&["public"], "select", "public.select"),
        ] {
            assert_eq!(named(path, table).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn a_database_named_as_the_default_schema_is_that_schema() {
        assert_eq!(
            table_name("public", &["public".to_owned()], "s.t").unwrap_err().kind(),
            ErrorKind::InvalidRequest
        );
        assert_eq!(table_name("public", &["public".to_owned()], "t").unwrap().to_string(), "public.t");
    }

    #[test]
    fn a_name_that_would_mean_something_else_is_refused() {
        let long = "é".repeat(64);
        for (path, table) in [
            (&[][..], ""),
            (&[], "a.b.c"),
            (&[], ".b"),
            (&[], "a."),
            (&[], "#temp"),
            (&[], "a\\b"),
            (&[], "a\"b"),
            (&[], "a\nb"),
            (&[], " a"),
            (&[], long.as_str()),
            (&["dev", "public"], "t"),
            (&["prod"], "public.t"),
            (&["sales"], "other.t"),
        ] {
            assert_eq!(named(path, table).unwrap_err().kind(), ErrorKind::InvalidRequest, "{path:?} {table}");
        }
        assert!(named(&[], &"é".repeat(63)).is_ok());
    }

    #[test]
    fn columns_are_counted_in_bytes() {
        let long = "c".repeat(128);
        assert_eq!(check_columns(["Id", "nAme"].into_iter()).unwrap(), ["id", "name"]);
        assert!(check_columns([long.as_str()].into_iter()).unwrap_err().to_string().contains(&long));
    }
}
