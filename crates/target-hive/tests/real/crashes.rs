//! Engines that die in the middle of a commit.

use std::sync::Arc;
use std::time::Duration;

use hive_stack::HiveStack;
use publish_core::{
    Cancel, Location, NoEvents, Outcome, Phase, RunContext, RunId, RunOutcome, Storages, Target,
};
use target_hive::NewTableKind;

use crate::place::Place;

/// How a test's engines die: so many milliseconds after the journal has a file of this kind.
const DEATHS: [(&str, u64); 6] =
    [("begun", 0), ("turn", 0), ("note", 0), ("note", 50), ("note", 120), ("note", 300)];

async fn die(place: &Place, run: &str, action: &'static str, death: (&str, u64)) {
    let file = place.put(&format!("{run}.csv"), format!("id,run\n1,{run}\n")).await;
    Box::pin(die_with(place, run, action, &[file], death)).await;
}

/// Publishes, and lets the engine die `after` the journal has a file of this `kind`.
pub(crate) async fn die_with(
    place: &Place,
    run: &str,
    action: &'static str,
    files: &[Location],
    (kind, after): (&str, u64),
) {
    let request = place.request(run, action, "t", files);
    let target: Arc<dyn Target> = Arc::new(place.target.clone());
    let (engine, cancel) = (place.engine(), Cancel::default());
    let publishing = Box::pin(engine.publish(&target, &request, Arc::new(NoEvents), &cancel));
    let dying = async {
        let journal = place.root.join("publish/journal").unwrap();
        let word = format!("{run}.1.{kind}");
        while !place.files(&journal).await.iter().any(|file| file.contains(&word)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(after)).await;
    };
    tokio::select! {
        report = publishing => assert_eq!(report.unwrap().outcome, RunOutcome::Published),
        () = dying => {}
    }
}

/// Says what became of a run, as whoever comes next would, and compares it with what readers see.
async fn check(place: &Place, run: &str) -> Outcome {
    let id = RunId::parse(run).unwrap();
    let context = RunContext::new(id.clone(), Duration::from_secs(120))
        .with_storages(Storages::default().with(&place.storage));
    let mut session = place.target.connect(&context).await.unwrap();
    let entry = session.journal().read(&id).await.unwrap().unwrap();
    let outcome = session.outcome(&entry, &context).await.unwrap();
    let is_seen = place.rows_of("t").await.contains(&format!("1|\"{run}\""));
    assert_eq!(matches!(outcome, Outcome::Done(_)), is_seen, "{run}: {outcome:?}");
    // LOAD DATA moves files before its transaction ends: in between nobody can tell.
    let may_be_unknown = place.target.config().table_kind == NewTableKind::InsertOnly;
    assert!(may_be_unknown || outcome != Outcome::Unknown, "{run}");
    let entry = session.journal().read(&id).await.unwrap().unwrap();
    assert_eq!(entry.phase == Phase::Published, is_seen, "{run}: {entry:?}");
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_at_any_instant_of_a_replace_is_told_right() {
    let Some(place) = Place::new().await else { return };
    Box::pin(die(&place, "first", "createAndLoad", ("end", 60_000))).await;
    let mut outcomes = Vec::new();
    for (number, death) in DEATHS.into_iter().enumerate() {
        let run = format!("r{number}");
        Box::pin(die(&place, &run, "truncateAndLoad", death)).await;
        outcomes.push(check(&place, &run).await);
    }
    println!("{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_at_any_instant_of_an_append_is_told_right() {
    let Some(place) = Place::new().await else { return };
    Box::pin(die(&place, "first", "createAndLoad", ("end", 60_000))).await;
    let mut outcomes = Vec::new();
    for (number, death) in DEATHS.into_iter().enumerate() {
        let run = format!("r{number}");
        Box::pin(die(&place, &run, "load", death)).await;
        outcomes.push(check(&place, &run).await);
    }
    println!("{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_while_hive_loads_is_told_right() {
    let Some(place) = Place::with(|config| config.table_kind = NewTableKind::InsertOnly).await else {
        return;
    };
    Box::pin(die(&place, "first", "createAndLoad", ("end", 60_000))).await;
    let mut outcomes = Vec::new();
    let deaths = [("load", ("turn", 0)), ("truncateAndLoad", ("note", 150)), ("load", ("note", 500))];
    for (number, (action, death)) in deaths.into_iter().enumerate() {
        let run = format!("r{number}");
        Box::pin(die(&place, &run, action, death)).await;
        outcomes.push(check(&place, &run).await);
    }
    println!("{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_at_any_instant_of_a_swap_in_the_metastore_is_told_right() {
    let uri = HiveStack::get().map(|stack| stack.metastore().to_owned());
    let Some(place) = Place::with(|config| config.metastore = uri).await else { return };
    Box::pin(die(&place, "first", "createAndLoad", ("end", 60_000))).await;
    let mut outcomes = Vec::new();
    for (number, death) in DEATHS.into_iter().enumerate() {
        let run = format!("r{number}");
        Box::pin(die(&place, &run, "truncateAndLoad", death)).await;
        outcomes.push(check(&place, &run).await);
    }
    println!("{outcomes:?}");
}
