//! Every type with its extremes, compared value by value as impyla reads it.

use publish_tests::{HivePlace, sample};

#[test]
fn every_value_of_every_type_comes_out_of_hive_as_other_libraries_read_it() {
    let Some(place) = HivePlace::new("") else { return };
    for (format, name) in
        [("avro", "golden.avro"), ("parquet", "golden.parquet"), ("csv", "golden.csv"), ("json", "hive.json")]
    {
        let file = sample(&format!("golden/{name}"));
        let folder = place.upload(format, &[file.clone().into()]);
        let table = format!("golden_{format}");
        for (action, times) in [("createAndLoad", 1), ("load", 2), ("truncateAndLoad", 1), ("dropAndLoad", 1)]
        {
            let answer = place.run(&[&folder], &table, action, &["--table-naming", "exact"]);
            assert_eq!(answer.code, 0, "{format} {action}: {answer}");
            let files = vec![file.clone().into(); times];
            place.check_values(&table, &files).unwrap_or_else(|report| panic!("{format} {action}: {report}"));
        }
    }
}

#[test]
fn names_that_no_struct_of_hive_has_are_refused_by_column_before_anything_is_made() {
    let Some(place) = HivePlace::new("") else { return };
    let folder = place.upload("json", &[sample("golden/golden.json").into()]);
    let answer = place.run(&[&folder], "golden", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!((answer.code, answer.error_kind().as_str()), (2, "unsupported"), "{answer}");
    assert!(answer.out.contains("map_int"), "{answer}");
    assert!(place.tables().is_empty(), "{:?}", place.tables());
}

#[test]
fn numbers_that_are_none_and_unsigned_ones_are_kept() {
    let Some(place) = HivePlace::new("") else { return };
    for name in
        ["nan.avro", "nan.parquet", "unsigned.avro", "unsigned.parquet", "unsigned.csv", "unsigned.json"]
    {
        let file = sample(&format!("golden/{name}"));
        let table = name.replace('.', "_");
        let folder = place.upload(&table, &[file.clone().into()]);
        let answer = place.run(&[&folder], &table, "createAndLoad", &["--table-naming", "exact"]);
        assert_eq!(answer.code, 0, "{name}: {answer}");
        place.check_values(&table, &[file.into()]).unwrap_or_else(|report| panic!("{name}: {report}"));
    }
}

#[test]
fn a_wrong_value_does_not_pass_the_comparison() {
    let Some(place) = HivePlace::new("") else { return };
    let files = [sample("orders/part-0.parquet").into()];
    let folder = place.upload("orders", &files);
    let answer = place.run(&[&folder], "orders", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    place.check_values("orders", &files).expect("as published");
    for (column, changed) in [
        ("unit_price", "unit_price + 0.01"),
        ("ordered_at", "ordered_at + INTERVAL '1' SECOND"),
        ("note", "coalesce(note, '')"),
        ("discount", "CAST(discount * 1.0000000000000002 AS DOUBLE)"),
    ] {
        let columns = [
            "order_id",
            "customer",
            "city",
            "product",
            "quantity",
            "unit_price",
            "discount",
            "ordered_at",
            "shipped_on",
            "is_gift",
            "note",
        ];
        let selected =
            columns.map(|name| if name == column { format!("{changed} AS {name}") } else { name.to_owned() });
        let types = if column == "unit_price" {
            "CAST(unit_price + 0.01 AS DECIMAL(10,2)) AS unit_price"
        } else {
            ""
        };
        let selected = selected.join(", ").replace("unit_price + 0.01 AS unit_price", types);
        place.execute(&format!("CREATE VIEW {{db}}.wrong_{column} AS SELECT {selected} FROM {{db}}.orders"));
        let report = place.check_values(&format!("wrong_{column}"), &files).expect_err(column);
        assert!(report.contains(column), "{column}: {report}");
    }
}
