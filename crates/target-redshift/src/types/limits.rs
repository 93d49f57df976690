//! What a column does not take of a type that it is loaded from.

use publish_core::{ColumnLimit, ColumnMapping, ResultSchema};

use super::Declared;

/// The limits of columns that may meet values they do not take: texts and bytes whose length was not measured, unless
/// longer ones are to be cut, and nulls.
pub(crate) fn limits(mapping: &ColumnMapping, results: &ResultSchema, is_cut: bool) -> Vec<ColumnLimit> {
    let limit = |mapped: &publish_core::MappedColumn| {
        let column = &mapped.column;
        let is_measured = results.columns()[mapped.source].max_bytes.is_some();
        let longest = match Declared::parse(&column.sql_type) {
            Declared::Varchar(length) | Declared::Char(length) | Declared::Varbyte(length)
                if !is_measured && !is_cut =>
            {
                Some(u64::from(length))
            }
            _ => None,
        };
        (longest.is_some() || !column.nullable).then(|| {
            ColumnLimit::new(mapped.source, &column.name, &column.sql_type)
                .with_max_bytes(longest)
                .with_nullable(column.nullable)
        })
    };
    mapping.columns().iter().filter_map(limit).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use std::sync::Arc;

    use arrow_schema::{DataType, Field, Schema};
    use publish_core::{ColumnDef, TableSchema};

    use super::*;

    #[test]
    fn only_what_was_not_measured_or_takes_no_nulls_is_looked_at() {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let schema = Schema::new(vec![text("a"), text("b"), text("c")]);
        let results = ResultSchema::new(Arc::new(schema)).with_max_bytes(&[None, Some(3), Some(3)]);
        let table = TableSchema::new(vec![
            ColumnDef::new("a", "character varying(9)"),
            ColumnDef::new("b", "VARCHAR(9)").with_nullable(false),
            ColumnDef::new("c", "VARCHAR(9)"),
        ]);
        let mapping = ColumnMapping::by_position(&results, &table);
        let found = limits(&mapping, &results, false);
        let seen: Vec<_> =
            found.iter().map(|limit| (limit.source, limit.max_bytes, limit.nullable)).collect();
        assert_eq!(seen, [(0, Some(9), true), (1, None, false)]);
        assert_eq!(limits(&mapping, &results, true).len(), 1);
    }
}
