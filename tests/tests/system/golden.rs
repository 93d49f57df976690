//! Every type with its extremes, compared value by value with what other libraries read.

use publish_tests::{Place, check_values, sample};

#[test]
fn every_value_of_every_type_comes_out_as_other_libraries_read_it() {
    for format in ["avro", "parquet", "csv", "json"] {
        let place = Place::new();
        let file = sample(&format!("golden/golden.{format}"));
        for (action, times) in [("createAndLoad", 1), ("load", 2), ("truncateAndLoad", 1), ("dropAndLoad", 1)]
        {
            let answer = place.run(&[&file], "golden", action, &["--table-naming", "exact"]);
            assert_eq!(answer.code, 0, "{format} {action}: {answer}");
            let files = vec![file.clone().into(); times];
            check_values(place.database().file(), "golden", &files)
                .unwrap_or_else(|report| panic!("{format} {action}: {report}"));
        }
    }
}

#[test]
fn each_loss_is_told_in_the_plan() {
    let place = Place::new();
    for format in ["avro", "parquet"] {
        let file = sample(&format!("golden/golden.{format}"));
        let plan = place.publish(["plan", &file, "--table", "golden", "--action", "createAndLoad"]);
        assert_eq!(plan.code, 0, "{plan}");
        for told in
            ["-0.0 becomes 0.0", "the name of the zone is not kept", "kept as JSON text", "digit for digit"]
        {
            assert!(plan.out.contains(told), "{format}, {told}: {plan}");
        }
    }
    assert!(place.snapshot().names().is_empty(), "{:?}", place.snapshot().names());
}

#[test]
fn a_wrong_value_does_not_pass_the_comparison() {
    let place = Place::new();
    let file = sample("golden/golden.parquet");
    let answer = place.run(&[&file], "golden", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let files = [file.into()];
    for (set, named) in [
        ("d38_38 = replace(d38_38, '5', '6')", "d38_38"),
        ("text = NULL WHERE id = 4", "text"),
        ("tsz_us = replace(tsz_us, '+00:00', '')", "tsz_us"),
        ("f64 = f64 * 1.0000000000000002 WHERE id = 1", "f64"),
        ("list_int = '[1,2,3.0]' WHERE id = 1", "list_int"),
    ] {
        place
            .database()
            .execute(&format!("CREATE TABLE kept AS SELECT * FROM golden; UPDATE golden SET {set}"));
        let report = check_values(place.database().file(), "golden", &files).expect_err(set);
        assert!(report.contains(named), "{set}: {report}");
        place
            .database()
            .execute("DELETE FROM golden; INSERT INTO golden SELECT * FROM kept; DROP TABLE kept");
    }
    check_values(place.database().file(), "golden", &files).expect("as it was");
}

#[test]
fn integers_beyond_sixty_three_bits_are_refused_or_kept_as_decimals_where_a_setting_says_so() {
    let file = sample("golden/unsigned.parquet");
    let place = Place::new();
    let answer = place.run(&[&file], "numbers", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!((answer.code, answer.error_kind().as_str()), (1, "badData"), "{answer}");
    for told in ["u64", "9223372036854775808", "2"] {
        assert!(answer.out.contains(told), "{told}: {answer}");
    }
    assert!(place.database().tables().is_empty(), "{:?}", place.database().tables());

    let place = Place::new();
    place.write(
        "publish.toml",
        "[connections.local]\ntarget = \"sqlite\"\nfile = \"publish-warehouse.sqlite\"\nu64 = \"decimal\"\n",
    );
    for format in ["parquet", "avro", "csv", "json"] {
        let file = sample(&format!("golden/unsigned.{format}"));
        let answer = place.run(&[&file], "numbers", "dropAndLoad", &[]);
        assert_eq!(answer.code, 0, "{format}: {answer}");
        check_values(place.database().file(), "numbers", &[file.into()])
            .unwrap_or_else(|report| panic!("{format}: {report}"));
    }
}

#[test]
fn numbers_that_are_none_are_refused_by_row_and_column() {
    for format in ["avro", "parquet"] {
        let place = Place::new();
        place.database().execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE numbers (id BIGINT, f64 DOUBLE); INSERT INTO numbers VALUES (1, 1.5)",
        );
        let file = sample(&format!("golden/nan.{format}"));
        for action in ["load", "truncateAndLoad", "dropAndLoad"] {
            let answer = place.run(&[&file], "numbers", action, &[]);
            assert_eq!(
                (answer.code, answer.error_kind().as_str()),
                (1, "badData"),
                "{format} {action}: {answer}"
            );
            let error = answer.json()["error"].to_string();
            assert!(error.contains("f64") && error.contains("NaN"), "{format} {action}: {answer}");
            assert_eq!(place.database().number("SELECT count(*) FROM numbers WHERE f64 = 1.5"), 1);
            assert_eq!(place.database().row_count("numbers"), 1);
            assert_eq!(place.database().tables(), ["numbers"]);
        }
    }
}
