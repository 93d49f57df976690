//! Readers and writers of one table at the same time.

use std::sync::atomic::{AtomicBool, Ordering};

use publish_core::RunOutcome;

use crate::place::Place;

/// A file of the ids of one hundred: readers that see a part of it would count less.
fn hundred(from: u32) -> String {
    let rows: Vec<String> = (from..from + 100).map(|id| id.to_string()).collect();
    format!("id\n{}\n", rows.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_rows_or_the_new_ones_while_a_table_is_replaced() {
    let Some(place) = Place::with(|config| config.grace_seconds = 3600).await else { return };
    let files = [place.put("0.csv", hundred(0)).await, place.put("1.csv", hundred(1000)).await];
    let report = place.publish("r0", "createAndLoad", "t", &files[..1]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    let is_over = AtomicBool::new(false);
    let reading = async {
        let mut count = 0;
        while !is_over.load(Ordering::Relaxed) || count == 0 {
            let rows = place.rows_of("t").await;
            let is_new = rows.first().is_some_and(|row| row.starts_with("10") && row.len() == 4);
            assert_eq!(rows.len(), 100, "{rows:?}");
            assert!(rows.iter().all(|row| (row.len() == 4) == is_new), "{rows:?}");
            count += 1;
        }
        count
    };
    let writing = async {
        for (number, run) in ["r1", "r2", "r3"].into_iter().enumerate() {
            let file = std::slice::from_ref(&files[(number + 1) % 2]);
            let report = Box::pin(place.publish(run, "truncateAndLoad", "t", file)).await;
            assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (count, ()) = tokio::join!(reading, writing);
    assert!(count >= 3, "{count} reads");
    // The replaced directories are still there: statements that were prepared before may read them.
    let warehouse = place.root.join("warehouse").unwrap();
    assert_eq!(place.files(&warehouse).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_a_replace_overtakes_gets_into_the_new_files() {
    let Some(place) = Place::with(|config| config.grace_seconds = 3600).await else { return };
    let files = [place.put("0.csv", hundred(0)).await, place.put("1.csv", "id\n7\n").await];
    let report = place.publish("r0", "createAndLoad", "t", &files[..1]).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    // Two engines: they know nothing of each other.
    let publish = async |run, action, file: &publish_core::Location| {
        let report = Box::pin(place.publish(run, action, "t", std::slice::from_ref(file))).await;
        assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    };
    let replacing = async {
        for run in ["a1", "a2", "a3"] {
            publish(run, "truncateAndLoad", &files[0]).await;
        }
    };
    let adding = async {
        for run in ["b1", "b2", "b3", "b4"] {
            publish(run, "load", &files[1]).await;
        }
    };
    tokio::join!(replacing, adding);
    publish("b5", "load", &files[1]).await;
    let rows = place.rows_of("t").await;
    let added = rows.len() - 100;
    assert!((1..=5).contains(&added), "{added}");
    // What was added is whole in the table's directory, each file once.
    let location = place.location_of("t").await;
    let names = place.files(&location).await;
    assert_eq!(names.iter().filter(|name| name.starts_with("pub_b")).count(), added, "{names:?}");
}
