//! The documented example, from the command line.

use publish_tests::{HivePlace, sample};

#[test]
fn the_documented_example_makes_an_empty_table_with_a_timestamp_in_the_database_default() {
    let Some(place) = HivePlace::new("") else { return };
    let files = [0, 1, 2].map(|part| sample(&format!("orders/part-{part}.avro")).into());
    let folder = place.upload("orders", &files);
    let results = format!("{folder}/part-*.avro");
    let arguments = [
        "run",
        &results,
        "--connection",
        "hive",
        "--path",
        "default",
        "--table",
        "test_table3",
        "--action",
        "create",
        "--input-format",
        "avro",
        "--json",
    ];
    let answer = place.place().publish(arguments);
    assert_eq!(answer.code, 0, "{answer}");
    let table = answer.table();
    let stamp = table.strip_prefix("test_table3_").unwrap_or_else(|| panic!("{table}"));
    assert!(stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()), "{table}");
    assert_eq!(place.number(&format!("SELECT count(*) FROM default.{table}")), 0);
    let columns = place.query(&format!("DESCRIBE default.{table}"));
    let columns: Vec<String> = columns.iter().map(|column| format!("{} {}", column[0], column[1])).collect();
    assert_eq!(
        columns,
        [
            "order_id bigint",
            "customer string",
            "city string",
            "product string",
            "quantity int",
            "unit_price decimal(10,2)",
            "discount double",
            "ordered_at timestamp",
            "shipped_on date",
            "is_gift boolean",
            "note string"
        ]
    );
    place.execute(&format!("DROP TABLE default.{table}"));
}
