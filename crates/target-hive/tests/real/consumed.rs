//! Result files that are moved into a table, by engines that may die at any instant.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int32Array};
use publish_core::{Location, Outcome, RunContext, RunId, RunOutcome, Storages, Target};
use target_hive::AppendFiles;

use crate::crashes::die_with;
use crate::place::Place;
use crate::values::parquet;

/// How engines die here: so many milliseconds after the journal has a file of this kind.
const DEATHS: [(&str, u64); 8] = [
    ("begun", 0),
    ("begun", 5),
    ("begun", 15),
    ("begun", 40),
    ("turn", 0),
    ("note", 0),
    ("note", 10),
    ("note", 60),
];

/// Files of one row each, whose ids are `first` and those after it.
async fn files(place: &Place, run: &str, first: i32, count: i32) -> Vec<Location> {
    let mut files = Vec::new();
    for id in first..first + count {
        let column: ArrayRef = Arc::new(Int32Array::from(vec![id]));
        files.push(parquet(place, &format!("{run}/part-{id}.parquet"), vec![("id", column)]).await);
    }
    files
}

/// The files that are where the job left them.
async fn in_place(place: &Place, files: &[Location]) -> usize {
    let mut there = 0;
    for file in files {
        there += usize::from(place.storage.head(file).await.is_ok());
    }
    there
}

/// Ends a dead run as whoever comes next would: its outcome is looked up, and what it made is undone if it came to nothing.
async fn end(place: &Place, run: &str) -> Outcome {
    let id = RunId::parse(run).unwrap();
    let context = RunContext::new(id.clone(), Duration::from_secs(120))
        .with_storages(Storages::default().with(&place.storage));
    let mut session = place.target.connect(&context).await.unwrap();
    let entry = session.journal().read(&id).await.unwrap().unwrap();
    let outcome = session.outcome(&entry, &context).await.unwrap();
    if outcome == Outcome::NotDone {
        for artifact in entry.record.artifacts.iter().rev() {
            session.undo(artifact, &context).await.unwrap();
            // Whoever dies after it does it again.
            session.undo(artifact, &context).await.unwrap();
        }
    }
    outcome
}

/// Lets engines die in the middle of `action`. Each time all files must be in the table, or all where they were.
async fn die_at_each_instant(place: &Place, action: &'static str, count: i32) {
    let first = files(place, "first", 0, 1).await;
    let report = place.publish("first", "createAndLoad", "t", &first).await;
    assert_eq!(report.outcome, RunOutcome::Published, "{report:?}");
    assert_eq!(in_place(place, &first).await, 0, "moved");
    let mut outcomes = Vec::new();
    for (number, death) in DEATHS.into_iter().enumerate() {
        let (run, id) = (format!("r{number}"), i32::try_from(number).unwrap() * 10 + 10);
        let files = files(place, &run, id, count).await;
        Box::pin(die_with(place, &run, action, &files, death)).await;
        let outcome = end(place, &run).await;
        let rows = place.rows_of("t").await;
        let seen = (id..id + count).filter(|id| rows.contains(&id.to_string())).count();
        let left = in_place(place, &files).await;
        let wanted = match outcome {
            Outcome::Done(_) => (files.len(), 0),
            Outcome::NotDone => (0, files.len()),
            Outcome::Unknown => panic!("{run}: nobody can tell"),
        };
        assert_eq!((seen, left), wanted, "{run} {death:?}: {outcome:?} {rows:?}");
        outcomes.push((death, outcome));
    }
    println!("{action}: {outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_replace_are_in_the_table_or_where_they_were_whenever_the_engine_dies() {
    let Some(place) = Place::with(|config| config.consume_results = true).await else { return };
    Box::pin(die_at_each_instant(&place, "truncateAndLoad", 2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_an_append_are_in_the_table_or_where_they_were_whenever_the_engine_dies() {
    let Some(place) = Place::with(|config| config.consume_results = true).await else { return };
    Box::pin(die_at_each_instant(&place, "load", 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_added_one_by_one_are_all_in_the_table_or_where_they_were() {
    let many = Place::with(|config| {
        config.consume_results = true;
        config.append_files = AppendFiles::Many;
    });
    let Some(place) = many.await else { return };
    Box::pin(die_at_each_instant(&place, "load", 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_publish_that_fails_are_put_back() {
    let Some(place) = Place::with(|config| config.consume_results = true).await else { return };
    let files = files(&place, "r1", 1, 2).await;
    let mut request = place.request("r1", "createAndLoad", "t", &files);
    // Of a database that is not there: the table can't be made, and all was moved by then.
    request = request.with_path(vec!["no_such_database".to_owned()]);
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let (events, cancel) = (Arc::new(publish_core::NoEvents), publish_core::Cancel::default());
    let report = Box::pin(place.engine().publish(&target, &request, events, &cancel)).await;
    if let Ok(report) = &report {
        assert_eq!(report.outcome, RunOutcome::RolledBack, "{report:?}");
    }
    assert_eq!(in_place(&place, &files).await, 2, "{report:?}");
}
