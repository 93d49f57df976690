//! Steps before the commit that fail or hang, and undo that fails.

use std::time::Duration;

use publish_core::{ErrorKind, Phase, Retry, RunOutcome, SweepOptions};
use publish_testkit::faults::{Call, Fault};
use tokio::time::Instant;

use crate::stage::Stage;

const AWAY: Fault = Fault::Fail(ErrorKind::Unavailable, Retry::Safe);

#[tokio::test(start_paused = true)]
async fn a_step_is_repeated_with_waits_while_that_is_safe() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Prepare, 1, AWAY);
    stage.faults.strike(Call::Prepare, 2, Fault::LoseAnswer);
    let started = Instant::now();
    let report = stage.ends(&stage.load(), RunOutcome::Published).await;
    assert_eq!((report.attempts, stage.heard.count("stepRetried")), (1, 2));
    assert!(started.elapsed() >= Duration::from_millis(750), "{:?}", started.elapsed());
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_step_that_keeps_failing_is_put_back() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Prepare, AWAY);
    let report = stage.ends(&stage.load(), RunOutcome::RolledBack).await;
    assert_eq!(report.error.unwrap().retry(), Retry::Exhausted);
    assert_eq!(stage.faults.count(Call::Commit), 0);
    assert_eq!(stage.memory.entries()[0].phase, Phase::RolledBack);
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_dropped_at_the_deadline() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Prepare, Fault::HangAfter);
    let started = Instant::now();
    let request = stage.load().with_deadline(Duration::from_secs(20));
    let report = stage.ends(&request, RunOutcome::RolledBack).await;
    assert_eq!(report.error.unwrap().kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(30));
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_undone_is_named_and_left_to_a_sweep() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, Retry::Never));
    stage.faults.strike_all(Call::Undo, Fault::Fail(ErrorKind::PermissionDenied, Retry::Never));
    let report = stage.ends(&stage.load(), RunOutcome::RollbackFailed).await;
    assert_eq!(report.error.unwrap().kind(), ErrorKind::BadData);
    assert!(report.leftovers[0].to_string().contains("pub_r1_1"), "{:?}", report.leftovers);
    assert_eq!(stage.memory.entries()[0].phase, Phase::Abandoned);
    assert_eq!(stage.memory.table_names().len(), 2);
    stage.faults.heal();
    let swept = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert_eq!(swept.undone.len(), 1, "{swept:?}");
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn the_next_try_of_a_run_removes_what_the_last_one_left() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, Retry::Never));
    stage.faults.strike_all(Call::Undo, Fault::Fail(ErrorKind::PermissionDenied, Retry::Never));
    stage.ends(&stage.load(), RunOutcome::RollbackFailed).await;
    stage.faults.heal();
    let report = stage.ends(&stage.load(), RunOutcome::Published).await;
    assert!(report.leftovers.is_empty() && !report.was_published_before, "{report:?}");
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn what_still_can_not_be_removed_is_carried_along_and_tidied_later() {
    let stage = Stage::with_table();
    let denied = Fault::Fail(ErrorKind::PermissionDenied, Retry::Never);
    stage.faults.strike(Call::Commit, 1, denied.clone());
    stage.faults.strike_all(Call::Undo, denied.clone());
    stage.ends(&stage.load(), RunOutcome::RollbackFailed).await;
    stage.faults.strike_all(Call::Tidy, denied);
    let report = stage.ends(&stage.load(), RunOutcome::Published).await;
    let left: Vec<String> = report.leftovers.iter().map(ToString::to_string).collect();
    assert!(left.len() == 2 && left[0].contains("pub_r1_2") && left[1].contains("pub_r1_1"), "{left:?}");
    stage.holds(1..=6);
    stage.faults.heal();
    let swept = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert_eq!(swept.finished.len(), 1, "{swept:?}");
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_down_refuses_the_run_before_it_starts() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Connect, AWAY);
    let error = stage.publish(&stage.load()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Exhausted));
    assert!(stage.memory.entries().is_empty());
}
