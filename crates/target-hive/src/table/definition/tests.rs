//! Tables as Hive 4.0.1 described them, see `tests/describe`.

use super::*;
use crate::table::DescribeRow;

fn described(text: &str) -> Description {
    let rows: Vec<DescribeRow> = text
        .lines()
        .map(|line| {
            let mut cells = line.split('\t').map(|cell| (cell != "\\N").then(|| cell.to_owned()));
            [cells.next().flatten(), cells.next().flatten(), cells.next().flatten()]
        })
        .collect();
    Description::read(&rows)
}

macro_rules! described {
    ($name:literal) => {
        described(include_str!(concat!("../../../tests/describe/", $name, ".tsv")))
    };
}

#[test]
fn each_kind_of_table_is_known() {
    for (description, kind, format) in [
        (described!("external"), TableKind::External, TableFormat::Parquet),
        (described!("translated"), TableKind::Translated, TableFormat::Avro),
        (described!("insert_only"), TableKind::InsertOnly, TableFormat::Parquet),
        (
            described!("full_acid"),
            TableKind::FullAcid,
            TableFormat::Other("org.apache.hadoop.hive.ql.io.orc.OrcSerde".to_owned()),
        ),
        (described!("view"), TableKind::View, TableFormat::Other(String::new())),
        (described!("partitioned"), TableKind::Partitioned(vec!["day".to_owned()]), TableFormat::Parquet),
        (described!("bucketed"), TableKind::Bucketed("id".to_owned()), TableFormat::Parquet),
        (
            described!("csv"),
            TableKind::External,
            TableFormat::Other("org.apache.hadoop.hive.serde2.OpenCSVSerde".to_owned()),
        ),
        (
            described!("orc"),
            TableKind::External,
            TableFormat::Other("org.apache.hadoop.hive.ql.io.orc.OrcSerde".to_owned()),
        ),
    ] {
        let table = HiveTable::of(&description).unwrap();
        assert_eq!((&table.kind, &table.format), (&kind, &format));
        assert_eq!(kind.refusal().is_none(), kind.is_plain() || kind == TableKind::InsertOnly);
    }
    let own_schema = HiveTable::of(&described!("avro_schema")).unwrap().format;
    assert!(
        matches!(own_schema, TableFormat::Other(ref words) if words.contains("avro.schema")),
        "{own_schema:?}"
    );
}

#[test]
fn an_external_table_tells_columns_location_and_purge() {
    let description = described!("external");
    let found = HiveTable::found(&description).unwrap();
    let columns: Vec<(&str, &str)> =
        found.schema.columns.iter().map(|column| (column.name.as_str(), column.sql_type.as_str())).collect();
    assert_eq!(
        columns,
        [
            ("id", "int"),
            ("na me", "string"),
            ("d", "decimal(12,2)"),
            ("s", "struct<a:int,b:array<string>>"),
            ("m", "map<string,double>"),
            ("v", "varchar(10)"),
            ("c", "char(3)"),
            ("ts", "timestamp"),
            ("b", "binary"),
        ]
    );
    let table = HiveTable::from_found(&found).unwrap();
    assert_eq!(table, HiveTable::of(&description).unwrap());
    assert_eq!(table.location.unwrap().as_str(), "hdfs://nn:8020/staging/h1/ext.pub_r1_1");
    assert!(table.purge);
    assert_eq!(table.owner, "hive");
    assert_eq!(table.properties["a b"], "x=y");
    assert!(!table.properties.contains_key("numRows"));
}

#[test]
fn the_version_changes_with_the_definition_and_not_with_rows_or_place() {
    let description = described!("external");
    let first = version(&description);
    let mut moved = description.clone();
    moved.facts.insert("Location".to_owned(), "hdfs://nn/elsewhere".to_owned());
    for (property, value) in [("numRows", "7"), ("transient_lastDdlTime", "9"), ("publish.version", "r_2")] {
        moved.parameters.insert(property.to_owned(), value.to_owned());
    }
    assert_eq!(version(&moved), first);
    let mut altered = description.clone();
    altered.columns[0].1 = "bigint".to_owned();
    assert_ne!(version(&altered), first);
    let mut altered = description.clone();
    altered.parameters.insert("a b".to_owned(), "z".to_owned());
    assert_ne!(version(&altered), first);
}

#[test]
fn the_heading_above_the_columns_of_older_versions_is_no_column() {
    let row =
        |first: &str, second: &str| [Some(first.to_owned()), Some(second.to_owned()), Some(String::new())];
    let description = Description::read(&[
        row("# col_name            ", "data_type           "),
        ["".to_owned().into(), None, None],
        row("id                  ", "int                 "),
        ["".to_owned().into(), None, None],
        row("# Detailed Table Information", ""),
        row("Location:           ", "hdfs://nn/w/t"),
    ]);
    assert_eq!(description.columns, [("id".to_owned(), "int".to_owned(), String::new())]);
    assert_eq!(description.fact("Location"), Some("hdfs://nn/w/t"));
}
