//! Each format by each action onto no table, a table that fits, and one that does not.

use std::path::PathBuf;

use publish_tests::{Answer, RedshiftPlace, sample};

const ROWS: u64 = 240;
const OLD_ROWS: u64 = 80;

const COLUMNS: &str = "order_id BIGINT, customer VARCHAR(256), city VARCHAR(256), product VARCHAR(256), \
     quantity INTEGER, unit_price DECIMAL(10,2), discount DOUBLE PRECISION, ordered_at TIMESTAMPTZ, shipped_on DATE, \
     is_gift BOOLEAN, note VARCHAR(1024)";
const OTHER_COLUMNS: &str = "order_id VARBYTE(16), weight BIGINT NOT NULL";

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

const CELLS: [(&str, Before, After); 15] = [
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
    let place = RedshiftPlace::new();
    let files = parts(format);
    let folder = place.upload(format, &files);
    let results = format!("{folder}/part-*.{format}");
    let keys = place.keys();
    for (number, (action, before, after)) in CELLS.into_iter().enumerate() {
        let cell = format!("{format}, {action}, {before:?}");
        let table = format!("t{number}");
        prepare(&place, &table, before, &files, &folder, format);
        let tables = place.tables();
        let answer = place.run(&[&results], &table, action, &[]);
        let new: Vec<String> = place.tables().into_iter().filter(|name| !tables.contains(name)).collect();
        let old_rows = match before {
            Nothing => None,
            Fitting => Some(OLD_ROWS),
            Other => Some(1),
        };
        match after {
            Refused(kind) => {
                assert_eq!((answer.code, answer.error_kind().as_str()), (2, kind), "{cell}: {answer}");
                assert!(new.is_empty(), "{cell}: {new:?}");
            }
            Stamped(rows) => {
                published(&answer, &cell);
                let name = answer.table();
                let stamp =
                    name.strip_prefix(&format!("{table}_")).unwrap_or_else(|| panic!("{cell}: {name}"));
                assert!(
                    stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()),
                    "{cell}: {name}"
                );
                assert_eq!(new, std::slice::from_ref(&name), "{cell}");
                check_rows(&place, &answer, &name, rows, &files, &cell);
            }
            Named(rows) => {
                published(&answer, &cell);
                assert_eq!(answer.table(), table, "{cell}");
                let made = if before == Nothing { vec![table.clone()] } else { Vec::new() };
                assert_eq!(new, made, "{cell}");
                let mut files = files.clone();
                if rows == OLD_ROWS + ROWS {
                    files.insert(0, files[0].clone());
                }
                check_rows(&place, &answer, &table, rows, &files, &cell);
            }
        }
        if let (Some(rows), Refused(_) | Stamped(_)) = (old_rows, after) {
            assert_eq!(place.row_count(&table), rows, "{cell}: the table of the very name");
        }
        assert_eq!(place.keys(), keys, "{cell}: files on S3 were left, or the job's own changed");
    }
}

fn prepare(
    place: &RedshiftPlace,
    table: &str,
    before: Before,
    files: &[PathBuf],
    folder: &str,
    format: &str,
) {
    match before {
        Nothing => {}
        Fitting => {
            place.execute(&format!("CREATE TABLE {{s}}.{table} ({COLUMNS})"));
            let old = format!("{folder}/{}", files[0].file_name().expect("a name").to_str().expect("text"));
            let answer = place.run(&[&old], table, "load", &[]);
            published(&answer, &format!("{format}, the old rows of {table}"));
        }
        Other => {
            place.execute(&format!("CREATE TABLE {{s}}.{table} ({OTHER_COLUMNS})"));
            place.execute(&format!("INSERT INTO {{s}}.{table} (weight) VALUES (1)"));
        }
    }
}

fn published(answer: &Answer, cell: &str) {
    assert_eq!(answer.code, 0, "{cell}: {answer}");
    assert_eq!(answer.json()["outcome"], "published", "{cell}: {answer}");
}

fn check_rows(place: &RedshiftPlace, answer: &Answer, table: &str, rows: u64, files: &[PathBuf], cell: &str) {
    assert_eq!(place.row_count(table), rows, "{cell}");
    let loaded = if rows == 0 { 0 } else { ROWS };
    assert_eq!(answer.json()["rowCount"], loaded, "{cell}: {answer}");
    if rows > 0 {
        place.check_values(table, files).unwrap_or_else(|report| panic!("{cell}: {report}"));
    }
}

fn parts(format: &str) -> Vec<PathBuf> {
    (0..3).map(|part| sample(&format!("orders/part-{part}.{format}")).into()).collect()
}
