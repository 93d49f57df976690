//! What follows a commit: tidying now, later, or by a sweep.

use std::time::Duration;

use publish_core::action::DropAndLoad;
use publish_core::{ErrorKind, Phase, Retry, RunOutcome, SweepOptions};
use publish_testkit::faults::{Call, Fault};
use publish_testkit::memory::MemoryTarget;
use publish_testkit::results::numbered_rows;

use crate::stage::{Stage, table};

fn keeping_old() -> Stage {
    let stage = Stage::on(MemoryTarget::new("old").with_old_kept(Duration::from_secs(3600)));
    stage.memory.add_rows(&table(), &numbered_rows(1..=3)).unwrap();
    stage
}

#[tokio::test(start_paused = true)]
async fn what_has_to_wait_is_left_to_a_sweep_and_not_removed_too_early() {
    let stage = keeping_old();
    stage.ends(&stage.request("r1", DropAndLoad::NAME, 7..=8), RunOutcome::Published).await;
    assert_eq!(stage.memory.table_names().len(), 2);
    let early = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert!(early.finished.is_empty(), "{early:?}");
    assert_eq!(stage.memory.table_names().len(), 2);
    tokio::time::sleep(Duration::from_secs(3601)).await;
    let due = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert_eq!(due.finished.len(), 1, "{due:?}");
    stage.is_tidy();
    stage.holds(7..=8);
}

#[tokio::test(start_paused = true)]
async fn a_tidy_that_fails_is_a_warning_and_a_sweep_finishes_it() {
    let stage = keeping_old();
    stage.ends(&stage.request("r1", DropAndLoad::NAME, 7..=8), RunOutcome::Published).await;
    tokio::time::sleep(Duration::from_secs(3601)).await;
    stage.faults.strike_all(Call::Tidy, Fault::Fail(ErrorKind::PermissionDenied, Retry::Never));
    let failed = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert_eq!((failed.finished.len(), failed.failures.len()), (0, 1), "{failed:?}");
    stage.faults.heal();
    stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn ended_runs_are_forgotten_past_the_horizon_and_not_before() {
    let stage = Stage::with_table();
    stage.ends(&stage.load(), RunOutcome::Published).await;
    let options = SweepOptions::default().with_horizon(Duration::from_secs(100));
    stage.engine.sweep(&stage.target, &options).await.unwrap();
    assert_eq!(stage.memory.entries().len(), 1);
    tokio::time::sleep(Duration::from_secs(101)).await;
    let swept = stage.engine.sweep(&stage.target, &options).await.unwrap();
    assert_eq!(swept.forgotten.len(), 1, "{swept:?}");
    assert!(stage.memory.entries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_published_run_whose_engine_died_is_forgotten_too() {
    let stage = Stage::new();
    stage.faults.strike(Call::Commit, 1, Fault::HangAfter);
    let is_published =
        |stage: &Stage| stage.memory.entries().iter().any(|entry| entry.phase == Phase::Published);
    stage.die_once(&stage.create(), is_published).await;
    tokio::time::sleep(Duration::from_secs(101)).await;
    let options = SweepOptions::default().with_horizon(Duration::from_secs(100));
    let swept = stage.engine.sweep(&stage.target, &options).await.unwrap();
    assert_eq!(swept.forgotten.len(), 1, "{swept:?}");
    assert!(stage.memory.entries().is_empty());
    stage.holds(1..=3);
}
