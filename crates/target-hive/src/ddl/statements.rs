//! Each statement that a publish sends.

use publish_core::{ColumnDef, FileFormat, Location, TableName};

use super::{quoted, quoted_table, text};
use crate::types::HiveType;

/// `TBLPROPERTIES`, in order.
pub(crate) type Properties<'a> = [(&'a str, &'a str)];

/// Makes an external table over a directory.
pub(crate) fn create_external(
    table: &TableName,
    columns: &[ColumnDef],
    format: FileFormat,
    location: &Location,
    properties: &Properties<'_>,
) -> String {
    let place = format!("\nLOCATION {}", text(location.as_str()));
    create("CREATE EXTERNAL TABLE", table, columns, format, &place, properties)
}

/// Makes a managed table with insert-only transactions, where the server keeps such tables.
pub(crate) fn create_insert_only(
    table: &TableName,
    columns: &[ColumnDef],
    format: FileFormat,
    properties: &Properties<'_>,
) -> String {
    let insert_only = [("transactional", "true"), ("transactional_properties", "insert_only")];
    let properties: Vec<_> = insert_only.iter().chain(properties).copied().collect();
    create("CREATE TABLE", table, columns, format, "", &properties)
}

fn create(
    verb: &str,
    table: &TableName,
    columns: &[ColumnDef],
    format: FileFormat,
    place: &str,
    properties: &Properties<'_>,
) -> String {
    let columns: Vec<String> = columns.iter().map(column).collect();
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{}={}", text(key), text(value))).collect();
    let properties = match properties.as_slice() {
        [] => String::new(),
        some => format!("\nTBLPROPERTIES ({})", some.join(", ")),
    };
    let stored = format.as_str().to_uppercase();
    format!(
        "{verb} {} (\n  {}\n)\nSTORED AS {stored}{place}{properties}",
        quoted_table(table),
        columns.join(",\n  ")
    )
}

fn column(column: &ColumnDef) -> String {
    // A type that can't be read was declared by nobody here, and stays as it is.
    let declared =
        HiveType::parse(&column.sql_type).map_or_else(|_| column.sql_type.clone(), |hive| hive.to_ddl());
    format!("{} {declared}", quoted(&column.name))
}

/// Points a table to another directory.
pub(crate) fn set_location(table: &TableName, location: &Location) -> String {
    format!("ALTER TABLE {} SET LOCATION {}", quoted_table(table), text(location.as_str()))
}

/// Says which call of the metastore changes columns, directory and properties, and on what condition: that the first of the
/// properties is as it was. It is no statement.
pub(crate) fn metastore_alter(
    table: &TableName,
    columns: Option<&[ColumnDef]>,
    location: &Location,
    properties: &Properties<'_>,
) -> String {
    let compared = properties.first().map_or_else(String::new, |(key, _)| text(key));
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{}={}", text(key), text(value))).collect();
    let columns = columns.map_or_else(String::new, |columns| {
        let columns: Vec<String> =
            columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.sql_type)).collect();
        format!("columns ({}), ", columns.join(", "))
    });
    format!(
        "-- metastore: alter_table_with_environment_context {}: {columns}location {}, {}, if {compared} is still as it was read",
        quoted_table(table),
        text(location.as_str()),
        properties.join(", ")
    )
}

/// Makes a view that shows the columns of a table, or makes it show another table.
pub(crate) fn show_table(
    view: &TableName,
    columns: &[ColumnDef],
    shown: &TableName,
    properties: &Properties<'_>,
    is_there: bool,
) -> String {
    let verb = if is_there { "CREATE OR REPLACE VIEW" } else { "CREATE VIEW" };
    let columns: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{}={}", text(key), text(value))).collect();
    format!(
        "{verb} {}\nTBLPROPERTIES ({})\nAS SELECT {} FROM {}",
        quoted_table(view),
        properties.join(", "),
        columns.join(", "),
        quoted_table(shown)
    )
}

/// Moves the files of a directory into a table, beside those that are there or in their place.
pub(crate) fn load_data(folder: &Location, table: &TableName, overwrite: bool) -> String {
    let overwrite = if overwrite { "OVERWRITE " } else { "" };
    format!("LOAD DATA INPATH {} {overwrite}INTO TABLE {}", text(folder.as_str()), quoted_table(table))
}

/// Looks at a table.
pub(crate) fn describe(table: &TableName) -> String {
    format!("DESCRIBE FORMATTED {}", quoted_table(table))
}

/// Brings the statistics of a table up to date, by reading its files.
pub(crate) fn analyze(table: &TableName) -> String {
    format!("ANALYZE TABLE {} COMPUTE STATISTICS", quoted_table(table))
}

/// Adds what one table shows to the files of another, in the same columns.
pub(crate) fn insert_select(into: &TableName, from: &TableName, columns: &[ColumnDef]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    format!(
        "INSERT INTO TABLE {} SELECT {} FROM {}",
        quoted_table(into),
        columns.join(", "),
        quoted_table(from)
    )
}

/// Counts the rows of a table, then the values of each column. The counts come as texts.
pub(crate) fn count_values(table: &TableName, columns: &[ColumnDef]) -> String {
    let counts = columns.iter().map(|column| format!(", CAST(count({}) AS STRING)", quoted(&column.name)));
    format!("SELECT CAST(count(*) AS STRING){} FROM {}", counts.collect::<String>(), quoted_table(table))
}

/// Lets `DROP` leave the files of an external table.
pub(crate) fn keep_files(table: &TableName) -> String {
    format!("ALTER TABLE {} SET TBLPROPERTIES ('external.table.purge'='false')", quoted_table(table))
}

/// Gives a table another name.
pub(crate) fn rename(from: &TableName, to: &TableName) -> String {
    format!("ALTER TABLE {} RENAME TO {}", quoted_table(from), quoted_table(to))
}

/// Drops a table. One that is not there is not an error.
pub(crate) fn drop_table(table: &TableName) -> String {
    format!("DROP TABLE IF EXISTS {}", quoted_table(table))
}

/// Reads the name of one file of the table whose name begins with `stem`, and has rows.
pub(crate) fn select_file(table: &TableName, stem: &str) -> String {
    // In a pattern an underscore is any character.
    let stem = stem.replace('_', "\\_");
    format!(
        "SELECT INPUT__FILE__NAME FROM {} WHERE INPUT__FILE__NAME LIKE {} LIMIT 1",
        quoted_table(table),
        text(&format!("%/{stem}-%"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TableName {
        TableName::new("sales", "orders")
    }

    fn folder() -> Location {
        Location::parse("hdfs://nn/w/sales.db/o'rders.pub_r_1").unwrap()
    }

    #[test]
    fn statements_are_plain_text() {
        let columns = [ColumnDef::new("id", "bigint"), ColumnDef::new("by", "array<struct<order:int>>")];
        assert_eq!(
            create_external(
                &table(),
                &columns,
                FileFormat::Parquet,
                &folder(),
                &[("external.table.purge", "true"), ("a", "it's")]
            ),
            "CREATE EXTERNAL TABLE `sales`.`orders` (\n  `id` bigint,\n  `by` array<struct<`order`:int>>\n)\nSTORED AS \
             PARQUET\nLOCATION 'hdfs://nn/w/sales.db/o\\'rders.pub_r_1'\nTBLPROPERTIES \
             ('external.table.purge'='true', 'a'='it\\'s')"
        );
        assert_eq!(
            create_insert_only(&table(), &columns[..1], FileFormat::Avro, &[]),
            "CREATE TABLE `sales`.`orders` (\n  `id` bigint\n)\nSTORED AS AVRO\nTBLPROPERTIES \
             ('transactional'='true', 'transactional_properties'='insert_only')"
        );
        assert_eq!(
            set_location(&table(), &folder()),
            "ALTER TABLE `sales`.`orders` SET LOCATION 'hdfs://nn/w/sales.db/o\\'rders.pub_r_1'"
        );
        let staged = Location::parse("hdfs://nn/p/r").unwrap();
        assert_eq!(
            load_data(&staged, &table(), false),
            "LOAD DATA INPATH 'hdfs://nn/p/r' INTO TABLE `sales`.`orders`"
        );
        assert_eq!(
            load_data(&staged, &table(), true),
            "LOAD DATA INPATH 'hdfs://nn/p/r' OVERWRITE INTO TABLE `sales`.`orders`"
        );
        assert_eq!(
            select_file(&table(), "pub_r_1"),
            "SELECT INPUT__FILE__NAME FROM `sales`.`orders` WHERE INPUT__FILE__NAME LIKE '%/pub\\\\_r\\\\_1-%' LIMIT 1"
        );
        assert_eq!(
            insert_select(&table(), &TableName::new("sales", "x"), &columns),
            "INSERT INTO TABLE `sales`.`orders` SELECT `id`, `by` FROM `sales`.`x`"
        );
        assert_eq!(
            count_values(&table(), &columns[..1]),
            "SELECT CAST(count(*) AS STRING), CAST(count(`id`) AS STRING) FROM `sales`.`orders`"
        );
        assert_eq!(
            keep_files(&table()),
            "ALTER TABLE `sales`.`orders` SET TBLPROPERTIES ('external.table.purge'='false')"
        );
        assert_eq!(analyze(&table()), "ANALYZE TABLE `sales`.`orders` COMPUTE STATISTICS");
        assert_eq!(describe(&table()), "DESCRIBE FORMATTED `sales`.`orders`");
        assert_eq!(
            rename(&table(), &TableName::new("sales", "x")),
            "ALTER TABLE `sales`.`orders` RENAME TO `sales`.`x`"
        );
        assert_eq!(
            metastore_alter(&table(), Some(&columns[..1]), &staged, &[("v", "r_1"), ("numRows", "2")]),
            "-- metastore: alter_table_with_environment_context `sales`.`orders`: columns (`id` bigint), location \
             'hdfs://nn/p/r', 'v'='r_1', 'numRows'='2', if 'v' is still as it was read"
        );
        assert_eq!(
            show_table(&table(), &columns[..1], &TableName::new("sales", "x"), &[("v", "r_1")], true),
            "CREATE OR REPLACE VIEW `sales`.`orders`\nTBLPROPERTIES ('v'='r_1')\nAS SELECT `id` FROM `sales`.`x`"
        );
        assert_eq!(drop_table(&table()), "DROP TABLE IF EXISTS `sales`.`orders`");
    }
}
