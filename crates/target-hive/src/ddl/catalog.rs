//! Statements that go through databases, tables and partitions.

use publish_core::TableName;

use super::{quoted, quoted_table, text};

/// Names the databases.
pub(crate) const SHOW_DATABASES: &str = "SHOW DATABASES";

/// Names the tables and views of a database.
pub(crate) fn show_tables(database: &str) -> String {
    format!("SHOW TABLES IN {}", quoted(database))
}

/// Names the partitions of a table.
pub(crate) fn show_partitions(table: &TableName) -> String {
    format!("SHOW PARTITIONS {}", quoted_table(table))
}

/// Looks at a partition, by its name as `SHOW PARTITIONS` writes it: `day=2024-01-01/note=a%2Fb`.
pub(crate) fn describe_partition(table: &TableName, partition: &str) -> String {
    let parts: Vec<String> = partition
        .split('/')
        .map(|part| {
            let (column, value) = part.split_once('=').unwrap_or((part, ""));
            format!("{}={}", quoted(&unescaped(column)), text(&unescaped(value)))
        })
        .collect();
    format!("DESCRIBE FORMATTED {} PARTITION ({})", quoted_table(table), parts.join(", "))
}

/// What stands in a partition's name, where `%2F` and the like stand for what a path can't have.
fn unescaped(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |index: usize| after.get(index).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_named_by_the_values_that_its_name_stands_for() {
        let table = TableName::new("sales", "days");
        assert_eq!(show_tables("sales"), "SHOW TABLES IN `sales`");
        assert_eq!(show_partitions(&table), "SHOW PARTITIONS `sales`.`days`");
        assert_eq!(
            describe_partition(&table, "day=2024-01-01/note=a%2Fb%3Dc %25%27gr%C3%B6"),
            "DESCRIBE FORMATTED `sales`.`days` PARTITION (`day`='2024-01-01', `note`='a/b=c %\\'grö')"
        );
        assert_eq!(unescaped("100%"), "100%");
        assert_eq!(unescaped("%+1%zz"), "%+1%zz");
    }
}
