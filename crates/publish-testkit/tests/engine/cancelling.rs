//! Cancelling, wherever a run is.

use std::time::Duration;

use publish_core::{ErrorKind, RunOutcome};
use publish_testkit::faults::{Call, Fault};

use crate::stage::Stage;

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_before_it_starts_touches_nothing() {
    let stage = Stage::with_table();
    stage.cancel.cancel();
    assert_eq!(stage.publish(&stage.load()).await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(stage.memory.entries().is_empty());
    assert_eq!(stage.faults.count(Call::JournalBegin), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_it_prepares_is_put_back_and_not_tried_again() {
    let stage = Stage::with_table();
    let cancel = stage.cancel.clone();
    stage.faults.strike(Call::Prepare, 1, Fault::After(std::sync::Arc::new(move || cancel.cancel())));
    let report = stage.ends(&stage.load(), RunOutcome::RolledBack).await;
    assert_eq!(report.error.unwrap().kind(), ErrorKind::Cancelled);
    assert_eq!(stage.faults.count(Call::Commit), 0);
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_step_that_does_not_heed_the_switch_is_dropped_after_its_grace() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Prepare, Fault::Hang);
    let cancel = stage.cancel.clone();
    let request = stage.load();
    let (report, ()) = tokio::join!(stage.ends(&request, RunOutcome::RolledBack), async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cancel.cancel();
    });
    assert_eq!(report.error.unwrap().kind(), ErrorKind::Cancelled);
    assert!(report.elapsed >= Duration::from_secs(35) && report.elapsed < Duration::from_secs(60));
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_was_sent_ends_as_the_target_says() {
    let stage = Stage::with_table();
    let cancel = stage.cancel.clone();
    // The first session to close looked the run up, the second one has committed.
    stage.faults.strike(Call::Close, 2, Fault::After(std::sync::Arc::new(move || cancel.cancel())));
    stage.ends(&stage.load(), RunOutcome::Published).await;
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_it_waits_for_its_next_try_is_over_at_once() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Commit, Fault::LoseRequest);
    let cancel = stage.cancel.clone();
    let request = stage.load();
    let (report, ()) = tokio::join!(stage.ends(&request, RunOutcome::RolledBack), async {
        while stage.heard.count("runRetried") == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    assert_eq!(report.error.unwrap().kind(), ErrorKind::Cancelled);
    stage.holds(1..=3);
    stage.is_tidy();
}
