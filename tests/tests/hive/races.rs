//! Two engines at one table: one publishes while the other is between any two of its statements.

use std::path::Path;
use std::sync::mpsc::channel;

use publish_tests::{Answer, Cut, CuttingProxy, HivePlace, Then, Wire};

const ROWS: usize = 300;
const INSERT_ONLY: &str = "table_kind = \"insertOnly\"";

/// Statements of a publish, counted from its last one, in whose place the other engine comes.
const LAST_STATEMENTS: usize = 2;

/// Which of two publishes committed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    OuterFirst,
    InnerFirst,
}

#[test]
fn an_append_that_a_replace_comes_into_is_in_the_replaced_table() {
    race("", "load", "truncateAndLoad");
}

#[test]
fn a_replace_that_an_append_comes_into_replaces_it_whole_or_leaves_it() {
    race("", "truncateAndLoad", "load");
}

#[test]
fn an_append_to_a_table_with_transactions_that_a_replace_comes_into_is_in_the_replaced_table() {
    race(INSERT_ONLY, "load", "truncateAndLoad");
}

#[test]
fn a_replace_of_a_table_with_transactions_that_an_append_comes_into_hides_none_that_commits_later() {
    race(INSERT_ONLY, "truncateAndLoad", "load");
}

/// Publishes by `outer`; before each of its last statements, and while the last that changes something runs, another
/// engine publishes to its end by `inner`.
fn race(kind: &str, outer: &str, inner: &str) {
    let Some(place) = HivePlace::new(kind) else { return };
    let (host, port) = place.stack().thrift("plain");
    let server = format!("{host}:{port}");
    fill(&place, "measured");
    let proxy = CuttingProxy::start(&server, Wire::Thrift, None);
    place.connect(&proxy.address(), kind);
    let answer = publish(&place, "measured", outer, "alone");
    assert_eq!(answer.code, 0, "{answer}");

    let texts = proxy.texts();
    let last = texts.len();
    let mut moments: Vec<Cut> = (last.saturating_sub(LAST_STATEMENTS) + 1..=last).map(Cut::Before).collect();
    moments.extend(texts.iter().rposition(|text| text.contains("LOAD DATA")).map(|at| Cut::After(at + 1)));
    // What comes behind it, such as ANALYZE, comes after the commit. An append to an external table commits on HDFS.
    let commits = |text: &String| text.contains("SET LOCATION") || text.contains("LOAD DATA");
    let commit = texts.iter().rposition(commits).map(|at| at + 1);
    for (number, moment) in moments.into_iter().enumerate() {
        let table = format!("t{number}");
        let context = format!("{kind} {inner} at {moment:?} of {last} of {outer}");
        place.connect(&server, kind);
        fill(&place, &table);
        // It has its own way to the server, and its command is made before the settings change.
        let mut other = command(&place, &table, inner, "inner");
        other.current_dir(place.place().path()).env("PUBLISH_CONFIG", copied_settings(&place));
        let (tell, told) = channel();
        let proxy = CuttingProxy::start_with(&server, Wire::Thrift, Some(moment), move || {
            let ended = other.output().map(Answer::from).map_err(|error| error.to_string());
            // Nobody listens any more only where the test has failed.
            let _ = tell.send(ended);
            Then::PassOn
        });
        place.connect(&proxy.address(), kind);
        let answer = publish(&place, &table, outer, "outer");
        let other = told.try_recv().unwrap_or_else(|_| panic!("{context}: not reached: {answer}"));
        let other = other.unwrap_or_else(|error| panic!("{context}: {error}"));
        assert!(
            [0, 1].contains(&answer.code) && [0, 1].contains(&other.code),
            "{context}: {answer}\n{other}"
        );
        println!("{context}: {} {}, {} {}", answer.code, answer.error_kind(), other.code, other.error_kind());
        let order = match moment {
            // All of it happened before the outer one's statement went on.
            Cut::Before(at) if commit.is_some_and(|commit| at > commit) => Order::OuterFirst,
            Cut::Before(_) => Order::InnerFirst,
            _ => committed(&place, &table, "outer", "inner"),
        };
        check(&place, &table, &context, order, [(outer, "outer", &answer), (inner, "inner", &other)]);
    }
}

/// Whatever is published is there, unless a replace that committed later took it out.
fn check(place: &HivePlace, table: &str, context: &str, order: Order, runs: [(&str, &str, &Answer); 2]) {
    let found =
        place.query(&format!("SELECT word, count(*) FROM {{db}}.`{table}` GROUP BY word ORDER BY word"));
    let context = format!("{context}: {found:?}");
    assert!(found.iter().all(|row| row[1] == ROWS.to_string()), "a part: {context}");
    let is_there = |word: &str| found.iter().any(|row| row[0] == word);
    let is_published = |answer: &Answer| answer.code == 0;
    let [outer, inner] = runs;
    let (first, second) = match order {
        Order::OuterFirst => (outer, inner),
        Order::InnerFirst => (inner, outer),
    };
    assert_eq!(is_there(second.1), is_published(second.2), "{} {}: {context}", second.0, second.1);
    let is_replaced = is_published(second.2) && second.0 == "truncateAndLoad";
    assert_eq!(
        is_there(first.1),
        is_published(first.2) && !is_replaced,
        "{} {}: {context}",
        first.0,
        first.1
    );
    let replaced =
        runs.iter().any(|(action, _, answer)| *action == "truncateAndLoad" && is_published(answer));
    assert_eq!(is_there("old"), !replaced, "the rows of before: {context}");
}

/// Which of two transactions was committed first, as the metastore's database tells.
fn committed(place: &HivePlace, table: &str, outer: &str, inner: &str) -> Order {
    let location = place.describe(table).into_iter().find_map(|line| {
        line.strip_prefix("Location:\t").map(|rest| rest.split('\t').next().unwrap_or_default().to_owned())
    });
    let files = place.files(&location.expect("a location"));
    // `delta_0000002_0000002_0000/..` of an append, `base_0000003/..` of a replace.
    let write_id = |run: &str| {
        let file =
            files.iter().find(|file| Path::new(file).components().count() > 1 && file.contains(run))?;
        file.split('_').nth(1)?.split('/').next()?.parse::<i64>().ok()
    };
    let (outer, inner) = (write_id(outer), write_id(inner));
    let order = place.commit_order(table);
    let at = |id: Option<i64>| id.and_then(|id| order.iter().position(|found| *found == id));
    match (at(outer), at(inner)) {
        (Some(outer), Some(inner)) if outer < inner => Order::OuterFirst,
        (Some(_), Some(_)) => Order::InnerFirst,
        found => panic!("no commits of both in {order:?}, {files:?}: {found:?}"),
    }
}

fn fill(place: &HivePlace, table: &str) {
    let answer = publish(place, table, "createAndLoad", "old");
    assert_eq!(answer.code, 0, "{answer}");
}

fn publish(place: &HivePlace, table: &str, action: &str, word: &str) -> Answer {
    command(place, table, action, word).output().expect("the binary runs").into()
}

fn command(place: &HivePlace, table: &str, action: &str, word: &str) -> std::process::Command {
    let rows = (0..ROWS).map(|row| format!("{row},{word}\n"));
    let text: String = std::iter::once("id,word\n".to_owned()).chain(rows).collect();
    let file = place.place().write(&format!("{word}.csv"), text).display().to_string();
    let run = format!("{word}_{table}");
    place.command(&[&file], table, action, &["--run-id", &run, "--table-naming", "exact"])
}

fn copied_settings(place: &HivePlace) -> std::path::PathBuf {
    let settings = std::fs::read(place.place().path().join("publish.toml")).expect("settings");
    place.place().write("inner.toml", settings)
}
