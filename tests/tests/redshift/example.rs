//! The documented example, from the command line.

use publish_tests::{RedshiftPlace, sample};

#[test]
fn results_on_s3_are_loaded_into_the_table_of_a_schema() {
    let place = RedshiftPlace::new();
    let files = [0, 1, 2].map(|part| sample(&format!("orders/part-{part}.avro")).into());
    let folder = place.upload("orders", &files);
    let results = format!("{folder}/part-*.avro");
    let table = format!("{}.MyTable", place.schema().to_uppercase());
    for (action, rows) in [("dropAndLoad", 240), ("load", 480)] {
        let arguments =
            ["run", &results, "--connection", "rs", "--table", &table, "--action", action, "--json"];
        let answer = place.place().publish(arguments);
        assert_eq!(answer.code, 0, "{answer}");
        assert_eq!(answer.table(), "mytable");
        assert_eq!(place.row_count("mytable"), rows);
    }
}

#[test]
fn the_schema_is_public_unless_another_is_named() {
    let place = RedshiftPlace::new();
    let folder = place.upload("orders", &[sample("orders/part-0.avro").into()]);
    let table = format!("t_{}", place.schema());
    let answer = place.place().publish([
        "run",
        &folder,
        "--connection",
        "rs",
        "--table",
        &table,
        "--action",
        "dropAndLoad",
        "--json",
    ]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.number(&format!("SELECT count(*) FROM public.{table}")), 80);
    place.execute(&format!("DROP TABLE public.{table}"));
}
