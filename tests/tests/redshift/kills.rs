//! `kill -9` of the engine at random moments, then the same request again.

use std::time::{Duration, Instant};

use publish_tests::{Answer, RedshiftPlace};

use crate::once::Table;

/// Moments for each action.
const MOMENTS: usize = 15;

#[test]
fn a_create_survives_a_kill_at_any_moment() {
    kill_at_random_moments("create", 31);
}

#[test]
fn a_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("load", 32);
}

#[test]
fn a_create_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("createAndLoad", 33);
}

#[test]
fn a_truncate_and_load_survives_a_kill_at_any_moment() {
    kill_at_random_moments("truncateAndLoad", 34);
}

#[test]
fn a_drop_and_load_of_other_columns_survives_a_kill_at_any_moment() {
    kill_at_random_moments("dropAndLoad", 35);
}

fn kill_at_random_moments(action: &str, seed: u64) {
    let place = RedshiftPlace::new();
    // Leases that run out soon, so that the next run need not wait long for the dead one.
    place.connect(place.port(), "lease_seconds = 5");
    let table = Table::filled(&place, "measured");
    let started = Instant::now();
    let answer = table.publish(&place, action);
    assert_eq!(answer.code, 0, "{answer}");
    let whole = started.elapsed();
    let mut keys = place.keys();

    let mut random = fastrand::Rng::with_seed(seed);
    for moment in 0..MOMENTS {
        let table = Table::filled(&place, &format!("t{moment}x"));
        let after = whole.mul_f64(random.f64());
        let context = format!("{action}, moment {moment} after {after:?} of {whole:?}, seed {seed}");
        let mut process = table.command(&place, action).spawn().expect("the binary starts");
        // The moment is the point of this test: nothing is waited for.
        std::thread::sleep(after);
        process.kill().expect("a process that can be killed");
        process.wait().expect("a process that ends");
        table.check_old_or_new(&place, action, &context);
        let answer = published_at_last(&place, &table, action, &context);
        let swept = place.place().publish(["sweep", "rs"]);
        assert_eq!(swept.code, 0, "{context}: {swept}");
        table.check(&place, action, &answer, &context);
        keys.extend(
            ["new/new.csv", "wide/wide.csv"].map(|file| format!("{}/t{moment}x/{file}", place.schema())),
        );
        keys.sort();
        assert_eq!(place.keys(), keys, "{context}: files on S3 were left");
    }
}

/// Another engine's lease is respected until it has run out.
fn published_at_last(place: &RedshiftPlace, table: &Table, action: &str, context: &str) -> Answer {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = table.publish(place, action);
        if answer.code == 0 {
            return answer;
        }
        assert_eq!(answer.error_kind(), "busy", "{context}: {answer}");
        assert!(Instant::now() < patience, "{context}: the dead engine's lease does not run out: {answer}");
    }
}
