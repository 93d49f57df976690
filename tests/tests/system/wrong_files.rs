//! Files that can't be published: a clear answer, the exit code that is documented, and nothing changed.

use publish_tests::{Answer, Place, sample};

/// A file, the kind of the error, the exit code, and what the error has to name.
type Case = (&'static str, &'static str, i32, &'static [&'static str]);

const CASES: [Case; 24] = [
    ("broken/none.csv", "notFound", 2, &["none.csv"]),
    ("broken/none-*.csv", "notFound", 2, &["none-*.csv"]),
    ("broken/only_marker", "notFound", 2, &["only_marker"]),
    ("orders", "invalidRequest", 2, &["one format"]),
    ("broken/empty.avro", "badData", 1, &["empty.avro"]),
    ("broken/empty.parquet", "badData", 1, &["empty.parquet"]),
    ("broken/empty.csv", "badData", 1, &["empty.csv"]),
    ("broken/empty.json", "badData", 1, &["empty.json"]),
    ("broken/text.avro", "badData", 1, &["text.avro"]),
    ("broken/text.parquet", "badData", 1, &["text.parquet"]),
    ("broken/truncated.avro", "badData", 1, &["truncated.avro"]),
    ("broken/truncated.parquet", "badData", 1, &["truncated.parquet"]),
    ("broken/ragged.csv", "badData", 1, &["ragged.csv", "2", "3"]),
    ("broken/short.csv", "badData", 1, &["short.csv", "2"]),
    ("broken/open_quote.csv", "badData", 1, &["open_quote.csv"]),
    ("broken/latin.csv", "badData", 1, &["latin.csv", "UTF-8"]),
    ("broken/cut.json", "badData", 1, &["cut.json", "2"]),
    ("broken/scalar.json", "badData", 1, &["scalar.json", "2"]),
    ("broken/duplicate.json", "badData", 1, &["duplicate.json", "id"]),
    ("broken/duplicate.csv", "invalidRequest", 2, &["id and ID"]),
    ("broken/illegal.csv", "invalidRequest", 2, &["full name", "2nd"]),
    ("broken/mixed/part-*.avro", "schemaMismatch", 2, &["part-1.avro", "name"]),
    ("broken/mixed/part-*.parquet", "schemaMismatch", 2, &["part-1.parquet", "name"]),
    ("broken/mixed/part-*.csv", "schemaMismatch", 2, &["part-1.csv", "city"]),
];

#[test]
fn a_file_that_can_not_be_published_is_refused_and_a_table_that_is_there_keeps_its_rows() {
    for (action, naming) in [("createAndLoad", "timestamp"), ("dropAndLoad", "exact")] {
        let place = Place::new();
        let answer = place.run(
            &[&sample("orders/part-0.csv")],
            "orders",
            "createAndLoad",
            &["--table-naming", "exact"],
        );
        assert_eq!(answer.code, 0, "{answer}");
        let before = place.snapshot();
        for case in CASES {
            let answer = place.run(&[&sample(case.0)], "orders", action, &["--table-naming", naming]);
            check(case, &answer);
            assert_eq!(before.difference(&place.snapshot()), None, "{}: {answer}", case.0);
        }
    }
}

#[test]
fn a_file_that_can_not_be_published_makes_no_database() {
    let place = Place::new();
    for case in CASES {
        let answer = place.run(&[&sample(case.0)], "orders", "createAndLoad", &[]);
        check(case, &answer);
        assert!(place.snapshot().names().is_empty(), "{}: {:?}", case.0, place.snapshot().names());
    }
}

#[test]
fn an_error_for_people_is_one_block_on_the_error_stream() {
    let place = Place::new();
    let file = sample("broken/ragged.csv");
    let answer = place.publish(["run", &file, "--table", "t", "--action", "createAndLoad"]);
    assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{answer}");
    let mut lines = answer.err.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("error: ")), "{answer}");
    assert!(lines.all(|line| line.starts_with("  ")), "{answer}");
    assert!(answer.err.contains("ragged.csv"), "{answer}");
}

#[test]
fn names_that_are_not_plain_are_cleaned_on_request() {
    let place = Place::new();
    let more = ["--column-naming", "clean", "--table-naming", "exact"];
    let answer = place.run(&[&sample("broken/illegal.csv")], "t", "createAndLoad", &more);
    assert_eq!(answer.code, 0, "{answer}");
    let columns = "SELECT count(*) FROM pragma_table_info('t') WHERE name IN ('id', 'full_name', '_2nd')";
    assert_eq!(place.database().number(columns), 3);
}

#[test]
fn files_whose_columns_come_in_another_order_or_lack_one_are_told_apart_in_json_alone() {
    let place = Place::new();
    // A JSON record without a name is a null, so these two files go together.
    let answer =
        place.run(&[&sample("broken/mixed/part-*.json")], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.database().number("SELECT count(*) FROM t WHERE city IS NULL AND name IS NOT NULL"), 2);
    assert_eq!(place.database().number("SELECT count(*) FROM t WHERE city = 'c' AND name IS NULL"), 1);
}

#[test]
fn a_header_without_rows_is_an_empty_table() {
    let place = Place::new();
    place.write("header.csv", "id,name\n");
    let answer = place.run(&["header.csv"], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(answer.json()["rowCount"], 0, "{answer}");
    assert_eq!(place.database().row_count("t"), 0);
}

fn check((file, kind, code, named): Case, answer: &Answer) {
    assert_eq!((answer.code, answer.error_kind().as_str()), (code, kind), "{file}: {answer}");
    let error = answer.json()["error"].to_string();
    for name in named {
        assert!(error.contains(name), "{file} must name {name}: {answer}");
    }
}
