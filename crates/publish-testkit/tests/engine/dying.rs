//! Engines that die, and those that come after them.

use std::sync::Arc;
use std::time::Duration;

use publish_core::{Cancel, Engine, ErrorKind, NoEvents, Phase, RunOutcome, SweepOptions, TableNaming};
use publish_testkit::faults::{Call, Fault};
use publish_testkit::memory::MemoryTarget;

use crate::stage::Stage;

#[tokio::test(start_paused = true)]
async fn a_run_whose_engine_lives_is_busy() {
    let stage = Stage::with_table();
    let request = stage.load();
    stage.faults.strike(Call::Prepare, 1, Fault::Hang);
    stage.die_once(&request, |stage| stage.faults.count(Call::Prepare) == 1).await;
    // The lease of the dead engine has not run out yet: nobody can know that it died.
    assert_eq!(stage.publish(&request).await.unwrap_err().kind(), ErrorKind::Busy);
    tokio::time::sleep(Duration::from_secs(61)).await;
    stage.ends(&request, RunOutcome::Published).await;
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_while_a_long_step_runs() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Prepare, 1, Fault::Delay(Duration::from_secs(300)));
    let request = stage.load();
    let (report, entry) = tokio::join!(stage.ends(&request, RunOutcome::Published), async {
        tokio::time::sleep(Duration::from_secs(200)).await;
        stage.memory.entries().remove(0)
    });
    assert_eq!(report.attempts, 1);
    assert_eq!((entry.phase, entry.is_held), (Phase::Prepared, true));
    assert!(stage.faults.count(Call::JournalRenew) >= 20);
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_stops_nothing() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::JournalRenew, Fault::LoseRequest);
    stage.faults.strike(Call::Prepare, 1, Fault::Delay(Duration::from_secs(300)));
    stage.ends(&stage.load(), RunOutcome::Published).await;
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_after_its_commit_is_found_published() {
    let stage = Stage::with_table();
    let request = stage.load();
    stage.faults.strike(Call::Commit, 1, Fault::HangAfter);
    stage
        .die_once(&request, |stage| {
            stage.memory.entries()[..].iter().any(|entry| entry.phase == Phase::Published)
        })
        .await;
    let report = stage.ends(&request, RunOutcome::Published).await;
    assert!(report.was_published_before && report.row_count == Some(3), "{report:?}");
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_in_doubt_is_left_alone() {
    let stage = Stage::with_table();
    let request = stage.load();
    stage.faults.strike(Call::Prepare, 1, Fault::Hang);
    stage.die_once(&request, |stage| stage.faults.count(Call::Prepare) == 1).await;
    stage.memory.end_leases();
    stage.faults.strike_all(Call::Outcome, Fault::CannotTell);
    let swept = stage.engine.sweep(&stage.target, &SweepOptions::default()).await.unwrap();
    assert_eq!((swept.in_doubt.len(), swept.undone.len()), (1, 0), "{swept:?}");
    assert_eq!(stage.memory.entries()[0].phase, Phase::Prepared);
    stage.ends(&request, RunOutcome::InDoubt).await;
    stage.holds(1..=3);
}

#[tokio::test(start_paused = true)]
async fn the_same_request_again_loads_nothing_and_another_one_is_refused() {
    let stage = Stage::with_table();
    let request = stage.load();
    stage.ends(&request, RunOutcome::Published).await;
    assert!(stage.ends(&request, RunOutcome::Published).await.was_published_before);
    let mut other = request.clone();
    other.table = "u".to_owned();
    assert_eq!(stage.publish(&other).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn two_engines_on_one_memory_lose_no_rows() {
    let stage = Stage::with_table();
    let second = Engine::new(stage.engine.registry().clone());
    let one = stage.request("r1", publish_core::action::Load::NAME, 4..=6);
    let two = stage.request("r2", publish_core::action::Load::NAME, 7..=9);
    let cancel = Cancel::default();
    let (one, two) = tokio::join!(
        stage.publish(&one),
        Box::pin(second.publish(&stage.target, &two, Arc::new(NoEvents), &cancel))
    );
    assert_eq!((one.unwrap().outcome, two.unwrap().outcome), (RunOutcome::Published, RunOutcome::Published));
    assert_eq!(stage.memory.rows(&crate::stage::table()).unwrap().len(), 9);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_name_with_a_timestamp_is_made_once_a_run() {
    let stage = Stage::on(MemoryTarget::new("stamps"));
    let mut request = stage.create();
    request.options.table_naming = TableNaming::Timestamp;
    stage.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, publish_core::Retry::Never));
    let failed = stage.ends(&request, RunOutcome::RolledBack).await;
    let published = stage.ends(&request, RunOutcome::Published).await;
    let again = stage.ends(&request, RunOutcome::Published).await;
    assert_eq!((&failed.table, &again.table), (&published.table, &published.table));
    let stamp = published.table.name.strip_prefix("t_").unwrap();
    assert!(stamp.len() == 17 && stamp.bytes().all(|byte| byte.is_ascii_digit()), "{stamp}");
}
