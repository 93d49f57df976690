use std::time::Duration;

use publish_core::{RunContext, Target};
use serde_json::json;

use super::*;
use crate::{SqliteConfig, SqliteTarget};

fn record(run: &str, attempt: u32) -> AttemptRecord {
    serde_json::from_value(json!({
        "run": run, "attempt": attempt, "digest": "d", "action": "load", "kind": "append",
        "table": {"namespace": "main", "name": "t"}, "artifacts": [], "tidy": [], "detail": {"way": "append"},
        "fileCount": 2, "rowCount": 7,
    }))
    .unwrap()
}

struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn target(&self) -> SqliteTarget {
        SqliteTarget::new(&SqliteConfig::new(self.folder.path().join("a.sqlite"))).unwrap()
    }

    fn file_names(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn session(target: &SqliteTarget, run: &RunId) -> Box<dyn publish_core::TargetSession> {
    target.connect(&RunContext::new(run.clone(), Duration::from_secs(60))).await.unwrap()
}

#[tokio::test]
async fn reading_an_absent_journal_makes_no_file() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let mut session = session(&fixture.target(), &run).await;
    assert!(session.journal().read(&run).await.unwrap().is_none());
    assert!(session.journal().list().await.unwrap().is_empty());
    session.journal().forget(&run).await.unwrap();
    assert!(fixture.file_names().is_empty());
}

#[tokio::test]
async fn an_attempt_begins_once_and_its_entry_is_what_was_written() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let mut session = session(&fixture.target(), &run).await;
    session.journal().begin(&record("r1", 1)).await.unwrap();
    let entry = session.journal().read(&run).await.unwrap().unwrap();
    assert_eq!(entry.record, record("r1", 1));
    assert_eq!((entry.phase, entry.is_held, entry.rows_published), (Phase::Prepared, true, None));
    for attempt in [1, 2] {
        let error = session.journal().begin(&record("r1", attempt)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    }
    assert_eq!(session.journal().begin(&record("r2", 2)).await.unwrap_err().kind(), ErrorKind::Busy);
}

#[tokio::test]
async fn a_fenced_attempt_gives_way_to_the_next_and_then_stays() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let mut session = session(&fixture.target(), &run).await;
    session.journal().begin(&record("r1", 1)).await.unwrap();
    assert_eq!(session.journal().fence(&run, 2).await.unwrap().phase, Phase::Prepared);
    assert_eq!(session.journal().fence(&run, 1).await.unwrap().phase, Phase::Abandoned);
    assert_eq!(session.journal().begin(&record("r1", 1)).await.unwrap_err().kind(), ErrorKind::Busy);
    session.journal().begin(&record("r1", 2)).await.unwrap();
    let entry = session.journal().fence(&run, 1).await.unwrap();
    assert_eq!((entry.phase, entry.record.attempt), (Phase::Prepared, 2));
    let unknown = RunId::parse("r9").unwrap();
    assert_eq!(session.journal().fence(&unknown, 1).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn closing_keeps_what_is_pending_and_leaves_no_file() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let target = fixture.target();
    let mut session = session(&target, &run).await;
    let artifact = Artifact::Table { table: TableName::new("main", "pub_r1_1") };
    let tidy = [PendingTidy::new(artifact.clone(), 60)];
    session.journal().begin(&record("r1", 1)).await.unwrap();
    assert!(fixture.file_names().iter().any(|name| name.contains("-publish-")));
    session.journal().fence(&run, 1).await.unwrap();
    session.journal().close(&run, 1, std::slice::from_ref(&artifact), &tidy).await.unwrap();
    let entry = session.journal().read(&run).await.unwrap().unwrap();
    assert_eq!((entry.phase, entry.is_held), (Phase::Abandoned, false));
    assert_eq!((entry.record.artifacts, entry.record.tidy), (vec![artifact], tidy.to_vec()));
    session.journal().close(&run, 1, &[], &[]).await.unwrap();
    assert_eq!(session.journal().list().await.unwrap()[0].phase, Phase::RolledBack);
    session.journal().forget(&run).await.unwrap();
    assert!(session.journal().list().await.unwrap().is_empty());
    session.close().await.unwrap();
    assert_eq!(fixture.file_names(), ["a.sqlite"]);
}

#[tokio::test]
async fn two_engines_in_one_process_see_each_other_and_a_dropped_one_is_gone() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let (one, two) = (fixture.target(), fixture.target());
    let mut first = session(&one, &run).await;
    let mut other = session(&two, &run).await;
    first.journal().begin(&record("r1", 1)).await.unwrap();
    assert!(other.journal().read(&run).await.unwrap().unwrap().is_held);
    // A second session of the same run keeps the lease when the first one breaks.
    let second = session(&one, &run).await;
    drop(first);
    assert!(other.journal().read(&run).await.unwrap().unwrap().is_held);
    drop(second);
    assert!(!other.journal().read(&run).await.unwrap().unwrap().is_held);
    other.journal().fence(&run, 1).await.unwrap();
    other.journal().begin(&record("r1", 2)).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_in_vain_hears_which_run_holds_the_lock() {
    let fixture = Fixture::new();
    let (one, two) = (RunId::parse("one").unwrap(), RunId::parse("two").unwrap());
    let target = fixture.target();
    let mut first = session(&target, &one).await;
    first.journal().begin(&record("one", 1)).await.unwrap();
    let holder = Connection::open(target.file()).unwrap();
    holder.execute_batch(sql::BEGIN).unwrap();
    let context = RunContext::new(two.clone(), Duration::from_millis(150));
    let mut second = target.connect(&context).await.unwrap();
    let error = second.journal().begin(&record("two", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains("run: one"), "{error}");
    // Renewing needs no lock.
    first.journal().renew(&one, 1).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let fixture = Fixture::new();
    let run = RunId::parse("r1").unwrap();
    let target = fixture.target();
    let text = "not a database, but a text that is longer than the header of one. ".repeat(4);
    std::fs::write(target.file(), &text).unwrap();
    let mut session = session(&target, &run).await;
    let error = session.journal().begin(&record("r1", 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("a.sqlite"), "{error}");
    assert_eq!(std::fs::read_to_string(target.file()).unwrap(), text);
}
