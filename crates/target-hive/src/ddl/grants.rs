//! Grants, as the server shows them and as they are given.

use publish_core::TableName;

use super::{quoted, quoted_table};

/// Shows who may do what with a table.
pub(crate) fn show_grants(table: &TableName) -> String {
    format!("SHOW GRANT ON TABLE {}", quoted_table(table))
}

/// How a plan tells a grant whose holder it does not know yet.
pub(crate) fn grant_form(table: &TableName) -> String {
    format!("GRANT <privilege> ON TABLE {} TO <principal>", quoted_table(table))
}

/// A privilege that somebody has on a table, or on one of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Empty for the whole table.
    pub(crate) column: String,
    name: String,
    /// `USER`, `GROUP` or `ROLE`.
    kind: String,
    privilege: String,
    can_grant: bool,
}

impl Grant {
    /// Reads a row of `SHOW GRANT`: database, table, partition, column, name, kind, privilege, grant option, time, grantor.
    pub(crate) fn read(row: &[Option<String>]) -> Option<Self> {
        let cell = |index: usize| row.get(index).cloned().flatten().map(|text| text.trim().to_owned());
        let grant = Self {
            column: cell(3).unwrap_or_default(),
            name: cell(4)?,
            kind: cell(5)?.to_uppercase(),
            privilege: cell(6)?.to_uppercase(),
            can_grant: cell(7).is_some_and(|text| text.eq_ignore_ascii_case("true")),
        };
        let is_word =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b' ');
        (is_word(&grant.kind) && is_word(&grant.privilege)).then_some(grant)
    }

    /// Gives the same on another table.
    pub(crate) fn statement(&self, table: &TableName) -> String {
        let column =
            if self.column.is_empty() { String::new() } else { format!(" ({})", quoted(&self.column)) };
        let option = if self.can_grant { " WITH GRANT OPTION" } else { "" };
        format!(
            "GRANT {}{column} ON TABLE {} TO {} {}{option}",
            self.privilege,
            quoted_table(table),
            self.kind,
            quoted(&self.name)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 10]) -> Vec<Option<String>> {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn a_grant_is_given_again_as_it_is_shown() {
        let table = TableName::new("sales", "x");
        let shown = row(["sales", "orders", "", "", "ann`", "USER", "SELECT", "true", "1", "hive"]);
        assert_eq!(
            Grant::read(&shown).unwrap().statement(&table),
            "GRANT SELECT ON TABLE `sales`.`x` TO USER `ann``` WITH GRANT OPTION"
        );
        let shown = row(["sales", "orders", "", "id", "readers", "ROLE", "SELECT", "false", "1", "hive"]);
        assert_eq!(
            Grant::read(&shown).unwrap().statement(&table),
            "GRANT SELECT (`id`) ON TABLE `sales`.`x` TO ROLE `readers`"
        );
        assert_eq!(Grant::read(&shown[..5]), None);
    }
}
