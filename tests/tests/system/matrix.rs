//! Each format by each action onto no table, a table that fits, and one that does not.

use std::path::PathBuf;

use publish_tests::{Answer, Place, check_values, sample};

const FORMATS: [&str; 4] = ["avro", "parquet", "csv", "json"];
const ROWS: u64 = 240;
const OLD_ROWS: u64 = 80;

/// What is there under the table's name before the publish.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    Fitting,
    Other,
}

/// What is to come of it.
#[derive(Clone, Copy, Debug)]
enum After {
    /// A new table with a timestamp in its name and so many rows. The table of the very name is as before.
    Stamped(u64),
    /// The table of the very name, with so many rows, all of them or the last of them from the files.
    Named(u64),
    /// An error of this kind, exit code 2, and nothing has changed.
    Refused(&'static str),
}

use After::{Named, Refused, Stamped};
use Before::{Fitting, Nothing, Other};

const TIMESTAMP: [(&str, Before, After); 15] = [
    ("create", Nothing, Stamped(0)),
    ("create", Fitting, Stamped(0)),
    ("create", Other, Stamped(0)),
    ("load", Nothing, Refused("notFound")),
    ("load", Fitting, Named(OLD_ROWS + ROWS)),
    ("load", Other, Refused("schemaMismatch")),
    ("createAndLoad", Nothing, Stamped(ROWS)),
    ("createAndLoad", Fitting, Stamped(ROWS)),
    ("createAndLoad", Other, Stamped(ROWS)),
    ("truncateAndLoad", Nothing, Refused("notFound")),
    ("truncateAndLoad", Fitting, Named(ROWS)),
    ("truncateAndLoad", Other, Refused("schemaMismatch")),
    ("dropAndLoad", Nothing, Named(ROWS)),
    ("dropAndLoad", Fitting, Named(ROWS)),
    ("dropAndLoad", Other, Named(ROWS)),
];

const EXACT: [(&str, Before, After); 6] = [
    ("create", Nothing, Named(0)),
    ("create", Fitting, Refused("alreadyExists")),
    ("create", Other, Refused("alreadyExists")),
    ("createAndLoad", Nothing, Named(ROWS)),
    ("createAndLoad", Fitting, Named(OLD_ROWS + ROWS)),
    ("createAndLoad", Other, Refused("schemaMismatch")),
];

#[test]
fn avro_is_published_or_refused_as_each_action_says() {
    every_cell("avro");
}

#[test]
fn parquet_is_published_or_refused_as_each_action_says() {
    every_cell("parquet");
}

#[test]
fn csv_is_published_or_refused_as_each_action_says() {
    every_cell("csv");
}

#[test]
fn json_is_published_or_refused_as_each_action_says() {
    every_cell("json");
}

fn every_cell(format: &str) {
    assert!(FORMATS.contains(&format));
    for (naming, cells) in [("timestamp", &TIMESTAMP[..]), ("exact", &EXACT[..])] {
        for (action, before, after) in cells {
            let cell = format!("{format}, {action}, {naming}, {before:?}");
            publish(format, action, naming, *before, *after, &cell);
        }
    }
}

fn publish(format: &str, action: &str, naming: &str, before: Before, after: After, cell: &str) {
    let place = place(before);
    let snapshot = place.snapshot();
    let old_rows = match before {
        Nothing => None,
        Fitting => Some(OLD_ROWS),
        Other => Some(1),
    };
    let files = sample(&format!("orders/part-*.{format}"));
    let answer = place.run(&[&files], "orders", action, &["--table-naming", naming]);
    // Before anybody reads it: a reader that may not write leaves its own files beside the database.
    let left = place.snapshot();
    match after {
        Refused(kind) => {
            assert_eq!((answer.code, answer.error_kind().as_str()), (2, kind), "{cell}: {answer}");
            assert_eq!(snapshot.difference(&place.snapshot()), None, "{cell}");
            return;
        }
        Stamped(rows) => {
            published(&answer, cell);
            let name = answer.table();
            let stamp = name.strip_prefix("orders_").unwrap_or_else(|| panic!("{cell}: {name}"));
            assert!(stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()), "{cell}: {name}");
            let mut tables = vec![name.clone()];
            if let Some(old_rows) = old_rows {
                tables.insert(0, "orders".to_owned());
                assert_eq!(place.database().row_count("orders"), old_rows, "{cell}");
            }
            assert_eq!(place.database().tables(), tables, "{cell}");
            check_rows(&place, &answer, &name, rows, &parts(format), cell);
        }
        Named(rows) => {
            published(&answer, cell);
            assert_eq!(answer.table(), "orders", "{cell}");
            assert_eq!(place.database().tables(), ["orders"], "{cell}");
            let mut files = parts(format);
            if rows == OLD_ROWS + ROWS {
                files.insert(0, sample("orders/part-0.avro").into());
            }
            check_rows(&place, &answer, "orders", rows, &files, cell);
        }
    }
    assert_eq!(left.names(), ["publish-warehouse.sqlite"], "{cell}");
}

fn place(before: Before) -> Place {
    let place = Place::new();
    match before {
        Nothing => {}
        Fitting => {
            let old = sample("orders/part-0.avro");
            let answer = place.run(&[&old], "orders", "createAndLoad", &["--table-naming", "exact"]);
            assert_eq!(answer.code, 0, "{answer}");
        }
        Other => place.database().execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE orders (order_id BLOB, weight BIGINT NOT NULL); \
             INSERT INTO orders VALUES (x'00', 1)",
        ),
    }
    place
}

fn published(answer: &Answer, cell: &str) {
    assert_eq!(answer.code, 0, "{cell}: {answer}");
    assert_eq!(answer.json()["outcome"], "published", "{cell}: {answer}");
}

fn check_rows(place: &Place, answer: &Answer, table: &str, rows: u64, files: &[PathBuf], cell: &str) {
    assert_eq!(place.database().row_count(table), rows, "{cell}");
    let loaded = if rows == 0 { 0 } else { ROWS };
    assert_eq!(answer.json()["rowCount"], loaded, "{cell}: {answer}");
    if rows > 0 {
        check_values(place.database().file(), table, files)
            .unwrap_or_else(|report| panic!("{cell}: {report}"));
    }
}

fn parts(format: &str) -> Vec<PathBuf> {
    (0..3).map(|part| sample(&format!("orders/part-{part}.{format}")).into()).collect()
}
