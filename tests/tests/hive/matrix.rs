//! Each format by each action onto no table, a table that fits, and one that does not, for each kind of table.

use std::path::PathBuf;

use publish_tests::{Answer, HivePlace, sample};

const ROWS: u64 = 240;
const OLD_ROWS: u64 = 80;

const COLUMNS: &str = "order_id BIGINT, customer STRING, city STRING, product STRING, quantity INT, \
     unit_price DECIMAL(10,2), discount DOUBLE, ordered_at TIMESTAMP, shipped_on DATE, is_gift BOOLEAN, note STRING";
const OTHER_COLUMNS: &str = "order_id BINARY, weight BIGINT";

/// What Hive makes of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// `CREATE EXTERNAL TABLE`.
    External,
    /// `CREATE TABLE`, which Hive 4 turns into an external table that it empties when it is dropped.
    Translated,
    /// Transactional, of files that are only added.
    InsertOnly,
}

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
use Kind::{External, InsertOnly, Translated};

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
fn external_tables_are_published_to_or_refused_as_each_action_says() {
    every_cell(External);
}

#[test]
fn translated_tables_are_published_to_or_refused_as_each_action_says() {
    every_cell(Translated);
}

#[test]
fn insert_only_tables_are_published_to_or_refused_as_each_action_says() {
    every_cell(InsertOnly);
}

/// Avro unless `PUBLISH_TEST_FORMATS=all` asks for every format: a cell takes seconds on a small machine. The golden values
/// come in all four.
fn formats() -> &'static [&'static str] {
    let asks_for_all = std::env::var_os("PUBLISH_TEST_FORMATS").is_some_and(|value| value == "all");
    if asks_for_all { &["avro", "parquet", "csv", "json"] } else { &["avro"] }
}

fn every_cell(kind: Kind) {
    let setting = if kind == InsertOnly { "table_kind = \"insertOnly\"" } else { "" };
    let Some(place) = HivePlace::new(setting) else { return };
    for format in formats() {
        let files = parts(format);
        let folder = place.upload(format, &files);
        let results = place.files(&folder);
        for (number, (action, before, after)) in CELLS.into_iter().enumerate() {
            let cell = format!("{kind:?}, {format}, {action}, {before:?}");
            let table = format!("{format}_{number}");
            prepare(&place, kind, &table, before, &cell);
            publish(
                &place,
                &format!("{folder}/part-*.{format}"),
                &table,
                action,
                (before, after),
                &files,
                &cell,
            );
            assert_eq!(place.files(&folder), results, "{cell}: the job's own files changed");
        }
    }
}

fn prepare(place: &HivePlace, kind: Kind, table: &str, before: Before, cell: &str) {
    let (columns, is_filled) = match before {
        Nothing => return,
        Fitting => (COLUMNS, true),
        Other => (OTHER_COLUMNS, false),
    };
    let (word, properties) = match kind {
        External => ("EXTERNAL TABLE", ""),
        Translated => ("TABLE", ""),
        InsertOnly => {
            ("TABLE", "TBLPROPERTIES ('transactional'='true', 'transactional_properties'='insert_only')")
        }
    };
    // Avro tables hold no microseconds, and so refuse these results.
    place.execute(&format!("CREATE {word} {{db}}.{table} ({columns}) STORED AS PARQUET {properties}"));
    if is_filled {
        let old = place.upload(&format!("old_{table}"), &[sample("orders/part-0.parquet").into()]);
        let answer = place.run(&[&old], table, "load", &[]);
        published(&answer, cell);
    }
}

fn publish(
    place: &HivePlace,
    results: &str,
    table: &str,
    action: &str,
    (before, after): (Before, After),
    files: &[PathBuf],
    cell: &str,
) {
    let tables = place.tables();
    let described = (before != Nothing).then(|| stable(place, table));
    let answer = place.run(&[results], table, action, &[]);
    // A table that was renamed away is kept for its readers until the grace is over.
    let is_new = |name: &String| !tables.contains(name) && !name.starts_with("pub_");
    let new: Vec<String> = place.tables().into_iter().filter(is_new).collect();
    match after {
        Refused(kind) => {
            assert_eq!((answer.code, answer.error_kind().as_str()), (2, kind), "{cell}: {answer}");
            assert!(new.is_empty(), "{cell}: {new:?}");
        }
        Stamped(rows) => {
            published(&answer, cell);
            let name = answer.table();
            let stamp = name.strip_prefix(&format!("{table}_")).unwrap_or_else(|| panic!("{cell}: {name}"));
            assert!(stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()), "{cell}: {name}");
            assert_eq!(new, std::slice::from_ref(&name), "{cell}");
            check_rows(place, &answer, &name, rows, files, cell);
        }
        Named(rows) => {
            published(&answer, cell);
            assert_eq!(answer.table(), table, "{cell}");
            let made = if before == Nothing { vec![table.to_owned()] } else { Vec::new() };
            assert_eq!(new, made, "{cell}");
            let mut files = files.to_vec();
            if rows == OLD_ROWS + ROWS {
                files.insert(0, sample("orders/part-0.parquet").into());
            }
            check_rows(place, &answer, table, rows, &files, cell);
            return;
        }
    }
    if let Some(described) = described {
        assert_eq!(stable(place, table), described, "{cell}: the table of the very name changed");
    }
}

/// What describes a table, without what time alone changes, and its number of rows.
fn stable(place: &HivePlace, table: &str) -> (Vec<String>, u64) {
    let lines = place.describe(table).into_iter().filter(|line| !line.starts_with("LastAccessTime"));
    (lines.collect(), place.row_count(table))
}

fn published(answer: &Answer, cell: &str) {
    assert_eq!(answer.code, 0, "{cell}: {answer}");
    assert_eq!(answer.json()["outcome"], "published", "{cell}: {answer}");
}

fn check_rows(place: &HivePlace, answer: &Answer, table: &str, rows: u64, files: &[PathBuf], cell: &str) {
    let loaded = if rows == 0 { 0 } else { ROWS };
    assert_eq!(answer.json()["rowCount"], loaded, "{cell}: {answer}");
    if rows == 0 {
        assert_eq!(place.row_count(table), 0, "{cell}");
    } else {
        place.check_values(table, files).unwrap_or_else(|report| panic!("{cell}: {report}"));
    }
}

fn parts(format: &str) -> Vec<PathBuf> {
    (0..3).map(|part| sample(&format!("orders/part-{part}.{format}")).into()).collect()
}
