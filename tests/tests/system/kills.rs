//! `kill -9` at random moments, then the same request again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use publish_tests::{Answer, Database, Place};
use rusqlite::OptionalExtension;

/// Moments for each action; two hundred in all.
const MOMENTS: usize = 40;
const ROWS: u64 = 4000;
const OLD_ROWS: u64 = 50;

#[test]
fn create_survives_a_kill_at_any_moment() {
    kill_at_random_moments("create", 11);
}

#[test]
fn load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("load", 12);
}

#[test]
fn create_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("createAndLoad", 13);
}

#[test]
fn truncate_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("truncateAndLoad", 14);
}

#[test]
fn drop_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("dropAndLoad", 15);
}

fn kill_at_random_moments(action: &str, seed: u64) {
    let place = Place::new();
    let old = (0..OLD_ROWS).map(|row| format!("{row},old row {row}\n"));
    place.write("old.csv", std::iter::once("id,text\n".to_owned()).chain(old).collect::<String>());
    let new = (0..ROWS).map(|row| format!("{row},new row {row} with some more text to write\n"));
    place.write("new.csv", std::iter::once("id,text\n".to_owned()).chain(new).collect::<String>());
    let answer = place.run(&["old.csv"], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    let prepared = std::fs::read(place.database().file()).expect("a database");

    let mut random = fastrand::Rng::with_seed(seed);
    let mut whole = measure(&place, action, &prepared);
    let mut phases: BTreeMap<String, usize> = BTreeMap::new();
    for moment in 0..MOMENTS {
        reset(&place, &prepared);
        // A little beyond the end, so that the last instants are hit as often as others.
        let after = whole.mul_f64(random.f64() * 1.05);
        let run = format!("kill_{seed}_{moment}");
        kill_after(&place, action, &run, after);
        let phase = phase(&place.database(), &run);
        *phases.entry(phase.clone()).or_default() += 1;
        let context =
            format!("{action}, moment {moment} after {after:?} of {whole:?}, seed {seed}, phase {phase}");

        check_old_or_new(&place.database(), action, &phase, &context);
        // Some users sweep first.
        if random.u8(..3) == 0 {
            let swept = place.publish(["sweep"]);
            assert_eq!(swept.code, 0, "{context}: {swept}");
        }
        let started = Instant::now();
        let answer = again(&place, action, &run);
        assert_eq!(answer.code, 0, "{context}: {answer}");
        assert_eq!(answer.json()["outcome"], "published", "{context}: {answer}");
        let was_before = answer.json()["wasPublishedBefore"] == true;
        assert_eq!(was_before, phase == "published", "{context}: {answer}");
        if !was_before {
            // Other tests share the machine: the length of a run is followed.
            whole = (whole + started.elapsed()) / 2;
        }
        let swept = place.publish(["sweep"]);
        assert_eq!(swept.code, 0, "{context}: {swept}");
        check_published_once(&place, action, &answer, &context);
    }
    println!("{action}: killed while the journal said {phases:?}; a run took {whole:?}");
    assert!(phases.len() > 1, "all moments were in one phase: {phases:?}");
}

/// The time of an undisturbed run from its start to its end: the middle one of three.
fn measure(place: &Place, action: &str, prepared: &[u8]) -> Duration {
    let mut times: Vec<Duration> = (0..3)
        .map(|number| {
            reset(place, prepared);
            let started = Instant::now();
            let answer = again(place, action, &format!("measure_{number}"));
            assert_eq!(answer.code, 0, "{answer}");
            started.elapsed()
        })
        .collect();
    times.sort();
    times[1]
}

fn reset(place: &Place, prepared: &[u8]) {
    let names = place.snapshot().names().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for name in names.iter().filter(|name| name.starts_with("publish-warehouse")) {
        std::fs::remove_file(place.path().join(name)).expect("a file that can be removed");
    }
    place.write("publish-warehouse.sqlite", prepared);
}

fn kill_after(place: &Place, action: &str, run: &str, after: Duration) {
    let arguments = ["run", "new.csv", "--table", "t", "--action", action, "--run-id", run, "--json"];
    let mut process = place.command(arguments).spawn().expect("the binary starts");
    // The moment is the point of this test: nothing is waited for.
    std::thread::sleep(after);
    process.kill().expect("a process that can be killed");
    process.wait().expect("a process that ends");
}

fn again(place: &Place, action: &str, run: &str) -> Answer {
    place.run(&["new.csv"], "t", action, &["--run-id", run])
}

/// What the journal says of a run, as anybody can read it.
fn phase(database: &Database, run: &str) -> String {
    let state: Option<String> = database
        .reader()
        .query_row("SELECT state FROM publish_journal WHERE run_id = ?1", [run], |row| row.get(0))
        .optional()
        .expect("a journal");
    state.unwrap_or_else(|| "nothing".to_owned())
}

/// Right after the kill a reader sees the old state, or the new one if the commit came through.
fn check_old_or_new(database: &Database, action: &str, phase: &str, context: &str) {
    let is_new = phase == "published";
    let rows = match action {
        "load" if is_new => OLD_ROWS + ROWS,
        "truncateAndLoad" | "dropAndLoad" if is_new => ROWS,
        _ => OLD_ROWS,
    };
    assert_eq!(database.row_count("t"), rows, "{context}");
    let stamped = usize::from(is_new && action.starts_with("create"));
    let tables = database.tables();
    assert_eq!(tables.iter().filter(|name| name.starts_with("t_")).count(), stamped, "{context}: {tables:?}");
}

fn check_published_once(place: &Place, action: &str, answer: &Answer, context: &str) {
    // Before anybody reads it: a reader that may not write leaves its own files beside the database.
    assert_eq!(place.snapshot().names(), ["new.csv", "old.csv", "publish-warehouse.sqlite"], "{context}");
    let database = place.database();
    let table = answer.table();
    let (rows, tables) = match action {
        "create" => (0, vec!["t".to_owned(), table.clone()]),
        "createAndLoad" => (ROWS, vec!["t".to_owned(), table.clone()]),
        "load" => (OLD_ROWS + ROWS, vec!["t".to_owned()]),
        _ => (ROWS, vec!["t".to_owned()]),
    };
    assert_eq!(database.tables(), tables, "{context}");
    assert_eq!(database.row_count(&table), rows, "{context}");
    if rows > 0 {
        let once = format!("SELECT count(DISTINCT id) FROM \"{table}\" WHERE text LIKE 'new row %'");
        assert_eq!(database.number(&once), ROWS, "{context}");
    }
    assert_eq!(database.integrity(), "ok", "{context}");
    let unfinished = "SELECT count(*) FROM publish_journal WHERE state <> 'published' OR owner IS NOT NULL \
         OR artifacts <> '[]' OR tidy <> '[]'";
    assert_eq!(database.number(unfinished), 0, "{context}: {}", journal(database.file()));
}

fn journal(file: &Path) -> String {
    let connection = Database::at(file.to_owned()).reader();
    let mut statement = connection
        .prepare("SELECT run_id || ' ' || state || ' ' || coalesce(owner, '-') || ' ' || artifacts || tidy FROM publish_journal")
        .expect("a journal");
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).expect("entries");
    lines.collect::<Result<Vec<_>, _>>().expect("entries").join("; ")
}
