#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use publish_core::{
    Artifact, AttemptRecord, ErrorKind, Journal, JournalEntry, Location, PendingTidy, Phase, RunId, Storage,
    TableName,
};
use serde_json::json;

use super::HiveJournal;

mod dying;
mod racing;
mod storage;

use storage::{EngineStorage, SharedFiles};

const LEASE: Duration = Duration::from_secs(60);

fn root() -> Location {
    Location::parse("mem:///staging/journal").unwrap()
}

fn run() -> RunId {
    RunId::parse("nightly_7").unwrap()
}

fn table() -> TableName {
    TableName::new("db", "orders")
}

fn journal(storage: &EngineStorage) -> HiveJournal {
    HiveJournal::new(Arc::new(storage.clone()), root()).unwrap()
}

fn folder() -> Artifact {
    Artifact::Files { folder: Location::parse("mem:///staging/nightly_7_1").unwrap() }
}

fn record_of(run: &RunId, attempt: u32, table: &TableName) -> AttemptRecord {
    serde_json::from_value(json!({
        "run": run, "attempt": attempt, "digest": "0f", "action": "load", "kind": "append", "table": table,
        "artifacts": [folder()], "tidy": [], "detail": {"way": "rename"}, "fileCount": 2, "rowCount": 5,
    }))
    .unwrap()
}

fn record(attempt: u32) -> AttemptRecord {
    record_of(&run(), attempt, &table())
}

async fn phase(journal: &mut HiveJournal) -> Option<Phase> {
    journal.read(&run()).await.unwrap().map(|entry| entry.phase)
}

async fn files(storage: &EngineStorage) -> Vec<Location> {
    storage.list(&root()).map_ok(|file| file.location).try_collect().await.unwrap()
}

#[tokio::test]
async fn an_entry_is_read_back_as_it_was_written() {
    let files = SharedFiles::default();
    let mut journal = journal(&files.engine());
    assert_eq!(journal.read(&run()).await.unwrap(), None);
    journal.begin(&record(1)).await.unwrap();
    let expected = JournalEntry::new(record(1), Phase::Prepared, true);
    assert_eq!(journal.read(&run()).await.unwrap(), Some(expected.clone()));
    assert_eq!(journal.list().await.unwrap(), [expected]);
}

#[tokio::test]
async fn attempts_begin_in_turn_and_only_after_a_fence() {
    let mut journal = journal(&SharedFiles::default().engine());
    assert_eq!(journal.begin(&record(2)).await.unwrap_err().kind(), ErrorKind::Busy);
    journal.begin(&record(1)).await.unwrap();
    for attempt in [1, 2] {
        assert_eq!(journal.begin(&record(attempt)).await.unwrap_err().kind(), ErrorKind::Busy);
    }
    assert_eq!(journal.fence(&run(), 2).await.unwrap().phase, Phase::Prepared);
    assert_eq!(journal.fence(&run(), 1).await.unwrap().phase, Phase::Abandoned);
    for attempt in [1, 3] {
        assert_eq!(journal.begin(&record(attempt)).await.unwrap_err().kind(), ErrorKind::Busy);
    }
    journal.begin(&record(2)).await.unwrap();
    assert_eq!(journal.fence(&run(), 1).await.unwrap().phase, Phase::Prepared);
    assert_eq!(journal.renew(&run(), 1).await.unwrap_err().kind(), ErrorKind::StalePlan);
    journal.renew(&run(), 2).await.unwrap();
}

#[tokio::test]
async fn a_fenced_attempt_can_not_start_its_commit_and_a_started_one_can_not_be_fenced() {
    let mut journal = journal(&SharedFiles::default().engine());
    journal.begin(&record(1)).await.unwrap();
    journal.fence(&run(), 1).await.unwrap();
    assert_eq!(journal.start_commit(&run(), 1).await.unwrap_err().kind(), ErrorKind::StalePlan);
    assert_eq!(journal.publish(&run(), 1, None).await.unwrap_err().kind(), ErrorKind::StalePlan);
    journal.begin(&record(2)).await.unwrap();
    assert_eq!(journal.publish(&run(), 2, None).await.unwrap_err().kind(), ErrorKind::StalePlan);
    journal.start_commit(&run(), 2).await.unwrap();
    assert_eq!(journal.start_commit(&run(), 2).await.unwrap_err().kind(), ErrorKind::StalePlan);
    assert_eq!(journal.fence(&run(), 2).await.unwrap().phase, Phase::Prepared);
    assert!(journal.entry(&run()).await.unwrap().unwrap().is_committing);
    journal.publish(&run(), 2, Some(5)).await.unwrap();
    journal.publish(&run(), 2, Some(5)).await.unwrap();
    assert_eq!(journal.abandon(&run(), 2).await.unwrap_err().kind(), ErrorKind::StalePlan);
    let entry = journal.read(&run()).await.unwrap().unwrap();
    assert_eq!((entry.phase, entry.rows_published), (Phase::Published, Some(5)));
    assert_eq!(journal.begin(&record(3)).await.unwrap_err().kind(), ErrorKind::Busy);
}

#[tokio::test]
async fn a_commit_that_did_not_happen_is_abandoned_and_tried_again() {
    let mut journal = journal(&SharedFiles::default().engine());
    journal.begin(&record(1)).await.unwrap();
    journal.start_commit(&run(), 1).await.unwrap();
    assert_eq!(journal.abandon(&run(), 1).await.unwrap().phase, Phase::Abandoned);
    assert_eq!(journal.publish(&run(), 1, None).await.unwrap_err().kind(), ErrorKind::StalePlan);
    journal.close(&run(), 1, &[], &[]).await.unwrap();
    assert_eq!(phase(&mut journal).await, Some(Phase::RolledBack));
    journal.begin(&record(2)).await.unwrap();
}

#[tokio::test]
async fn what_is_left_of_a_run_is_kept_until_it_is_closed_without() {
    let files = SharedFiles::default();
    let storage = files.engine();
    let mut journal = journal(&storage);
    journal.begin(&record(1)).await.unwrap();
    journal.renew(&run(), 1).await.unwrap();
    journal.fence(&run(), 1).await.unwrap();
    let tidy = [PendingTidy::new(folder(), 7)];
    for _ in 0..2 {
        journal.close(&run(), 1, &[folder()], &tidy).await.unwrap();
        let entry = journal.read(&run()).await.unwrap().unwrap();
        assert_eq!((entry.phase, entry.is_closed, entry.is_held), (Phase::Abandoned, true, false));
        assert_eq!((entry.record.artifacts, entry.record.tidy.as_slice()), (vec![folder()], &tidy[..]));
    }
    journal.close(&run(), 1, &[], &[]).await.unwrap();
    let entry = journal.read(&run()).await.unwrap().unwrap();
    assert_eq!((entry.phase, entry.record.artifacts), (Phase::RolledBack, vec![]));
    assert_eq!(self::files(&storage).await.len(), 3, "begun, turn and closed");
    journal.forget(&run()).await.unwrap();
    journal.forget(&run()).await.unwrap();
    assert_eq!(self::files(&storage).await, []);
}

#[tokio::test]
async fn a_lease_runs_out_by_the_stores_clock_unless_it_is_renewed() {
    let files = SharedFiles::default();
    let mut one = journal(&files.engine()).with_lease(LEASE);
    // Each look is another engine's: one that looks again lets the time go on by its own steady clock.
    let look = || async { journal(&files.engine()).with_lease(LEASE).read(&run()).await.unwrap().unwrap() };
    one.begin(&record(1)).await.unwrap();
    for _ in 0..3 {
        assert!(look().await.is_held);
        files.pass_time(LEASE / 2);
        one.renew(&run(), 1).await.unwrap();
    }
    files.pass_time(LEASE / 2);
    assert!(look().await.is_held);
    files.pass_time(LEASE / 2);
    assert!(!look().await.is_held);
    assert_eq!(look().await.age_seconds, 150);
}

#[tokio::test]
async fn runs_that_commit_to_a_table_are_found_by_the_table() {
    let files = SharedFiles::default();
    let mut journal = journal(&files.engine());
    let other = TableName::new("db", "customers");
    for (name, table) in [("a", table()), ("b", other.clone()), ("c", table())] {
        let run = RunId::parse(name).unwrap();
        journal.begin(&record_of(&run, 1, &table)).await.unwrap();
        journal.start_commit(&run, 1).await.unwrap();
    }
    let c = RunId::parse("c").unwrap();
    journal.note(&c, 1, &json!({"next": "rename away"})).await.unwrap();
    journal.note(&c, 1, &json!({"next": "rename in"})).await.unwrap();
    journal.publish(&RunId::parse("a").unwrap(), 1, None).await.unwrap();
    let found = journal.half_done(&table()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entry.record.run, c);
    assert_eq!(found[0].notes, [json!({"next": "rename away"}), json!({"next": "rename in"})]);
    assert_eq!(journal.half_done(&other).await.unwrap().len(), 1);
    assert_eq!(journal.half_done(&TableName::new("x", "orders")).await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_id_that_was_forgotten_begins_anew_whatever_of_it_is_left() {
    let files = SharedFiles::default();
    let storage = files.engine();
    let mut journal = journal(&storage);
    journal.begin(&record(1)).await.unwrap();
    journal.start_commit(&run(), 1).await.unwrap();
    journal.publish(&run(), 1, None).await.unwrap();
    journal.close(&run(), 1, &[], &[]).await.unwrap();
    let begun = self::files(&storage).await.into_iter().find(|at| at.as_str().contains("begun")).unwrap();
    storage.delete(&begun).await.unwrap();
    assert_eq!(phase(&mut journal).await, None);
    journal.begin(&record(1)).await.unwrap();
    assert_eq!(phase(&mut journal).await, Some(Phase::Prepared));
}

#[tokio::test]
async fn a_file_that_nobody_wrote_is_named() {
    let files = SharedFiles::default();
    let storage = files.engine();
    let mut journal = journal(&storage);
    journal.begin(&record(1)).await.unwrap();
    let begun = self::files(&storage).await.into_iter().find(|at| at.as_str().contains("begun")).unwrap();
    storage.delete(&begun).await.unwrap();
    let mut writer = storage.create(&begun).await.unwrap();
    writer.write("{".into()).await.unwrap();
    writer.finish().await.unwrap();
    let error = journal.read(&run()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadData);
    assert_eq!(error.context()[0].1, begun.as_str());
}
