//! What hangs on a table, and the statements that give it to another one.

use publish_core::{Error, ErrorKind, Result, TableName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::layout::Layout;
use crate::sql::{self, quoted, table_ref};

/// Who may do something with a table or one of its columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grant {
    /// The column, if it is of one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    pub(crate) privilege: String,
    pub(crate) identity: String,
    /// `user`, `group`, `role` or `public`.
    pub(crate) identity_kind: String,
    #[serde(default)]
    pub(crate) with_grant_option: bool,
}

/// Privileges that can be granted on a table (the manual's page "GRANT"). The catalog may name others.
const PRIVILEGES: [&str; 8] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "DROP", "ALTER", "TRUNCATE"];

impl Grant {
    /// The statement that grants it on `table`. `None` for what can't be granted.
    pub(crate) fn statement(&self, table: &TableName) -> Option<String> {
        let privilege = self.privilege.to_ascii_uppercase();
        if !PRIVILEGES.contains(&privilege.as_str()) {
            return None;
        }
        let columns = self.column.as_ref().map(|column| format!(" ({})", quoted(column))).unwrap_or_default();
        let to = match self.identity_kind.as_str() {
            "public" => "PUBLIC".to_owned(),
            "group" => format!("GROUP {}", quoted(&self.identity)),
            "role" => format!("ROLE {}", quoted(&self.identity)),
            _ => quoted(&self.identity),
        };
        let option = if self.with_grant_option { " WITH GRANT OPTION" } else { "" };
        Some(format!("GRANT {privilege}{columns} ON {} TO {to}{option}", table_ref(table)))
    }
}

/// A view that is bound to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ViewFound {
    pub(crate) name: TableName,
    pub(crate) owner: String,
    /// Its query.
    pub(crate) definition: String,
    /// Columns of the table that it needs. Empty for a view on a view.
    pub(crate) columns: Vec<String>,
    pub(crate) comment: Option<String>,
    pub(crate) grants: Vec<Grant>,
}

/// What hangs on a table: all that a replace has to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Surroundings {
    pub(crate) owner: String,
    pub(crate) comment: Option<String>,
    /// Columns and their comments.
    pub(crate) column_comments: Vec<(String, String)>,
    pub(crate) grants: Vec<Grant>,
    /// Bound views: each after those that it needs.
    pub(crate) views: Vec<ViewFound>,
    /// Late-binding views whose text names the table.
    pub(crate) late_views: Vec<String>,
    pub(crate) layout: Layout,
    /// What could not be found out.
    pub(crate) unknown: Vec<String>,
}

impl Surroundings {
    /// Reads what a look at the table noted.
    pub(crate) fn read(properties: &serde_json::Value) -> Result<Self> {
        serde_json::from_value(properties.clone()).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The table was not looked at by this target").with_source(error)
        })
    }

    /// A digest of all that a replace writes down before, and must find unchanged. Where the rows are kept is left out:
    /// the service changes that by itself.
    pub(crate) fn digest(&self) -> Result<String> {
        let stable =
            Self { layout: Layout::default(), unknown: Vec::new(), late_views: Vec::new(), ..self.clone() };
        let text = serde_json::to_vec(&stable).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "What hangs on the table has no JSON form").with_source(error)
        })?;
        Ok(Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The statements that give `table` grants, comments and owner. The owner comes last: whoever gave the table away may
    /// grant nothing on it any more.
    pub(crate) fn keep(&self, table: &TableName, columns: &[String]) -> Vec<String> {
        let is_there = |column: &String| columns.contains(column);
        let grants = self
            .grants
            .iter()
            .filter(|grant| grant.identity_kind != "user" || grant.identity != self.owner)
            .filter(|grant| grant.column.as_ref().is_none_or(is_there))
            .filter_map(|grant| grant.statement(table));
        let comment = self.comment.iter().map(|comment| sql::comment_on_table(table, comment));
        let comments = self
            .column_comments
            .iter()
            .filter(|(column, _)| is_there(column))
            .map(|(column, comment)| sql::comment_on_column(table, column, comment));
        let owner = sql::owner(table, &self.owner);
        grants.chain(comment).chain(comments).chain([owner]).collect()
    }
}

impl ViewFound {
    /// The statement that drops it.
    pub(crate) fn drop_statement(&self) -> String {
        format!("DROP VIEW {}", table_ref(&self.name))
    }

    /// The statements that make it again, with what it had.
    pub(crate) fn remake(&self) -> Vec<String> {
        let query = self.definition.trim().trim_end_matches(';').trim_end();
        let create = format!("CREATE VIEW {} AS {query}", table_ref(&self.name));
        let grants = self
            .grants
            .iter()
            .filter(|grant| grant.identity_kind != "user" || grant.identity != self.owner)
            .filter_map(|grant| grant.statement(&self.name));
        let comment = self
            .comment
            .iter()
            .map(|comment| format!("COMMENT ON VIEW {} IS {}", table_ref(&self.name), sql::literal(comment)));
        let owner = sql::owner(&self.name, &self.owner);
        [create].into_iter().chain(grants).chain(comment).chain([owner]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(column: Option<&str>, privilege: &str, kind: &str, identity: &str) -> Grant {
        Grant {
            column: column.map(str::to_owned),
            privilege: privilege.to_owned(),
            identity: identity.to_owned(),
            identity_kind: kind.to_owned(),
            with_grant_option: false,
        }
    }

    #[test]
    fn grants_comments_and_owner_go_over_as_far_as_the_columns_are_there() {
        let table = TableName::new("s", "t");
        let found = Surroundings {
            owner: "etl".into(),
            comment: Some("it's".into()),
            column_comments: vec![("id".into(), "key".into()), ("gone".into(), "x".into())],
            grants: vec![
                grant(None, "SELECT", "user", "etl"),
                grant(None, "select", "group", "readers"),
                grant(None, "INSERT", "role", "loader"),
                grant(None, "SELECT", "public", "public"),
                grant(None, "TRIGGER", "user", "bob"),
                Grant { with_grant_option: true, ..grant(None, "DELETE", "user", "bob") },
                grant(Some("id"), "SELECT", "user", "eve"),
                grant(Some("gone"), "SELECT", "user", "eve"),
            ],
            ..Surroundings::default()
        };
        assert_eq!(
            found.keep(&table, &["id".to_owned()]),
            [
                "GRANT SELECT ON \"s\".\"t\" TO GROUP \"readers\"",
                "GRANT INSERT ON \"s\".\"t\" TO ROLE \"loader\"",
                "GRANT SELECT ON \"s\".\"t\" TO PUBLIC",
                "GRANT DELETE ON \"s\".\"t\" TO \"bob\" WITH GRANT OPTION",
                "GRANT SELECT (\"id\") ON \"s\".\"t\" TO \"eve\"",
                "COMMENT ON TABLE \"s\".\"t\" IS 'it''s'",
                "COMMENT ON COLUMN \"s\".\"t\".\"id\" IS 'key'",
                "ALTER TABLE \"s\".\"t\" OWNER TO \"etl\"",
            ]
        );
    }

    #[test]
    fn a_view_is_made_again_with_what_it_had() {
        let view = ViewFound {
            name: TableName::new("s", "v"),
            owner: "etl".into(),
            definition: " SELECT t.id FROM t; ".into(),
            columns: vec!["id".into()],
            comment: Some("c".into()),
            grants: vec![grant(None, "SELECT", "user", "bob")],
        };
        assert_eq!(view.drop_statement(), "DROP VIEW \"s\".\"v\"");
        assert_eq!(
            view.remake(),
            [
                "CREATE VIEW \"s\".\"v\" AS SELECT t.id FROM t",
                "GRANT SELECT ON \"s\".\"v\" TO \"bob\"",
                "COMMENT ON VIEW \"s\".\"v\" IS 'c'",
                "ALTER TABLE \"s\".\"v\" OWNER TO \"etl\"",
            ]
        );
    }

    #[test]
    fn the_digest_sees_a_new_grant_and_not_where_rows_are_kept() {
        let one = Surroundings { owner: "a".into(), ..Surroundings::default() };
        let sorted = Surroundings {
            layout: Layout { sort: vec!["id".into()], ..Layout::default() },
            unknown: vec!["x".into()],
            ..one.clone()
        };
        let granted = Surroundings { grants: vec![grant(None, "SELECT", "public", "public")], ..one.clone() };
        assert_eq!(one.digest().unwrap(), sorted.digest().unwrap());
        assert_ne!(one.digest().unwrap(), granted.digest().unwrap());
    }
}
