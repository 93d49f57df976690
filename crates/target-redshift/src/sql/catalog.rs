//! Questions to the catalog.
//!
//! Those to `pg_` tables and those to `svv_` views are kept apart: functions such as `format_type` run on the leader
//! alone, and a statement that mixes both is refused by the service.

use publish_core::TableName;

use super::quote::literal;

fn of_table(table: &TableName, schema: &str, name: &str) -> String {
    format!("{schema} = {} AND {name} = {}", literal(&table.namespace), literal(&table.name))
}

/// Reads number, kind, owner and comment of whatever has this name.
pub(crate) fn relation(table: &TableName) -> String {
    format!(
        "SELECT c.oid, c.relkind, pg_get_userbyid(c.relowner) AS owner, d.description\nFROM pg_class c JOIN pg_namespace \
         n ON n.oid = c.relnamespace\nLEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = \
         'pg_class'::regclass\nWHERE {}",
        of_table(table, "n.nspname", "c.relname")
    )
}

/// Reads the columns of a relation: name, type, whether it refuses nulls, default, comment.
pub(crate) fn columns(oid: &str) -> String {
    format!(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, pg_get_expr(e.adbin, e.adrelid) AS \
         column_default, d.description\nFROM pg_attribute a\nLEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum \
         = a.attnum\nLEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum AND d.classoid = \
         'pg_class'::regclass\nWHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped\nORDER BY a.attnum"
    )
}

/// Reads where the columns of a table are kept: encoding, distribution key, place in the sort key; and the default, which
/// tells an identity.
pub(crate) fn layout(table: &TableName) -> String {
    format!(
        "SELECT column_name, column_default, encoding, distkey, sortkey FROM svv_redshift_columns WHERE database_name = \
         current_database() AND {} ORDER BY ordinal_position",
        of_table(table, "schema_name", "table_name")
    )
}

/// Reads how the rows of a table are spread, where it has any.
pub(crate) fn dist_style(table: &TableName) -> String {
    format!("SELECT diststyle FROM svv_table_info WHERE {}", of_table(table, "\"schema\"", "\"table\""))
}

/// Reads how the rows of a table are spread, by the service's own number for it.
pub(crate) fn dist_style_number(oid: &str) -> String {
    format!("SELECT reldiststyle FROM pg_class WHERE oid = {oid}")
}

/// Reads who may do what with a table.
pub(crate) fn grants(table: &TableName) -> String {
    format!(
        "SELECT privilege_type, identity_name, identity_type, admin_option FROM svv_relation_privileges WHERE {} ORDER BY \
         identity_type, identity_name, privilege_type",
        of_table(table, "namespace_name", "relation_name")
    )
}

/// Reads who may do what with a table's columns.
pub(crate) fn column_grants(table: &TableName) -> String {
    format!(
        "SELECT column_name, privilege_type, identity_name, identity_type FROM svv_column_privileges WHERE {} ORDER BY \
         column_name, identity_type, identity_name, privilege_type",
        of_table(table, "namespace_name", "relation_name")
    )
}

/// Reads the views that are bound to a relation, with the columns that they need.
pub(crate) fn bound_views(oid: &str) -> String {
    format!(
        "SELECT DISTINCT v.oid, n.nspname, v.relname, pg_get_userbyid(v.relowner) AS owner, pg_get_viewdef(v.oid) AS \
         definition, a.attname\nFROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = \
         r.ev_class JOIN pg_namespace n ON n.oid = v.relnamespace\nLEFT JOIN pg_attribute a ON a.attrelid = d.refobjid \
         AND a.attnum = d.refobjsubid AND d.refobjsubid > 0\nWHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = \
         'pg_class'::regclass AND d.refobjid = {oid} AND v.oid <> {oid}\nORDER BY 2, 3, 6"
    )
}

/// Reads the late-binding views whose text names a table. They follow the name, so a replace does not break them.
pub(crate) fn late_views(table: &TableName) -> String {
    let pattern = format!("%{}%", table.name.replace('%', "\\%").replace('_', "\\_"));
    format!(
        "SELECT schemaname, viewname FROM pg_views WHERE definition ILIKE '%no schema binding%' AND definition ILIKE {} \
         ORDER BY 1, 2",
        literal(&pattern)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_text() {
        let table = TableName::new("s", "it's_100%");
        assert!(relation(&table).ends_with("WHERE n.nspname = 's' AND c.relname = 'it''s_100%'"));
        assert!(late_views(&table).contains("'%it''s\\\\_100\\\\%%'"), "{}", late_views(&table));
    }
}
