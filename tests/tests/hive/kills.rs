//! `kill -9` of the engine at random moments, then the same request again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use publish_tests::HivePlace;

use crate::once::Table;

/// Moments for each action.
const MOMENTS: usize = 6;

#[test]
fn a_create_survives_a_kill_at_any_moment() {
    kill_at_random_moments("create", 21);
}

#[test]
fn a_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("load", 22);
}

#[test]
fn a_create_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("createAndLoad", 23);
}

#[test]
fn a_truncate_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("truncateAndLoad", 24);
}

#[test]
fn a_drop_and_load_of_other_columns_survives_a_kill_at_any_moment() {
    kill_at_random_moments("dropAndLoad", 25);
}

fn kill_at_random_moments(action: &str, seed: u64) {
    // Leases that run out soon, so that the next run need not wait long for the dead one.
    let Some(place) = HivePlace::new("grace_seconds = 0\nlease_seconds = 12\ncommit_seconds = 5") else {
        return;
    };
    let table = Table::filled(&place, "measured");
    let started = Instant::now();
    let answer = table.publish(&place, action);
    assert_eq!(answer.code, 0, "{answer}");
    let whole = started.elapsed();

    let mut random = fastrand::Rng::with_seed(seed);
    for moment in 0..MOMENTS {
        let table = Table::filled(&place, &format!("t{moment}"));
        let after = whole.mul_f64(random.f64());
        let context = format!("{action}, moment {moment} after {after:?} of {whole:?}, seed {seed}");
        let mut process = table.command(&place, action).spawn().expect("the binary starts");
        // The moment is the point of this test: nothing is waited for.
        std::thread::sleep(after);
        process.kill().expect("a process that can be killed");
        process.wait().expect("a process that ends");
        table.check_old_or_new(&place, action, &context);
        let answer = published_at_last(&place, &table, action, &context);
        table.check(&place, action, &answer, &context);
    }
    let swept = place.place().publish(["sweep", "hive"]);
    assert_eq!(swept.code, 0, "{swept}");
    check_nothing_is_left(&place);
}

/// Another engine's lease is respected until it has run out.
fn published_at_last(place: &HivePlace, table: &Table, action: &str, context: &str) -> publish_tests::Answer {
    let patience = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = table.publish(place, action);
        if answer.code == 0 {
            return answer;
        }
        assert_eq!(answer.error_kind(), "busy", "{context}: {answer}");
        assert!(Instant::now() < patience, "{context}: the dead engine's lease does not run out: {answer}");
    }
}

/// Every folder that the engine made is one that a table references.
fn check_nothing_is_left(place: &HivePlace) {
    let locations: BTreeSet<String> = place
        .tables()
        .iter()
        .flat_map(|table| place.describe(table))
        .filter_map(|line| line.strip_prefix("Location:\t")?.split('\t').next().map(str::to_owned))
        .collect();
    let root = place.query("DESCRIBE DATABASE {db}");
    let root = root[0].iter().find(|value| value.starts_with("hdfs://")).expect("a location").clone();
    let staging = place.staging();
    for folder in [root, staging.clone()] {
        for file in place.files(&folder) {
            let at = format!("{folder}/{file}");
            let is_journal = at.starts_with(&format!("{staging}/journal/"));
            let is_in_table = locations.iter().any(|location| at.starts_with(&format!("{location}/")));
            assert!(is_journal || is_in_table, "left: {at}");
        }
    }
}
