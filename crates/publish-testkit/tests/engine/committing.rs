//! Commits that fail, hang, lose their answer or lose a race.

use std::time::Duration;

use publish_core::{ErrorKind, ExactlyOnce, Phase, Retry, RunOutcome};
use publish_testkit::faults::{Call, Fault};
use publish_testkit::results::numbered_rows;
use tokio::time::Instant;

use crate::stage::{Stage, table};

#[tokio::test(start_paused = true)]
async fn a_run_tells_what_it_does_in_order() {
    let stage = Stage::new();
    let report = stage.ends(&stage.create(), RunOutcome::Published).await;
    assert_eq!((report.row_count, report.attempts, report.file_count), (Some(3), 1, 1));
    assert!(report.bytes_read > 0 && report.bytes_written == 0, "{report:?}");
    let heard = stage.heard.names();
    assert_eq!(heard[..3], ["runPlanned", "runStarted", "stepStarted"]);
    assert_eq!(heard.last().unwrap(), "runFinished");
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_is_lost_is_published_and_not_repeated() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::LoseAnswer);
    let report = stage.ends(&stage.load(), RunOutcome::Published).await;
    assert_eq!(report.row_count, Some(3));
    assert_eq!(stage.faults.count(Call::Commit), 1);
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_never_arrived_is_tried_again() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::LoseRequest);
    let report = stage.ends(&stage.load(), RunOutcome::Published).await;
    assert_eq!((report.attempts, stage.heard.count("runRetried")), (2, 1));
    stage.holds(1..=6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_for_good_is_put_back() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::PermissionDenied, Retry::Never));
    let report = stage.ends(&stage.load(), RunOutcome::RolledBack).await;
    assert_eq!(report.error.unwrap().kind(), ErrorKind::PermissionDenied);
    assert_eq!(stage.faults.count(Call::Commit), 1);
    assert_eq!(stage.memory.entries()[0].phase, Phase::RolledBack);
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_keeps_failing_is_given_up_after_the_last_try() {
    let stage = Stage::with_table();
    stage.faults.strike_all(Call::Commit, Fault::Fail(ErrorKind::Unavailable, Retry::Safe));
    let report = stage.ends(&stage.load(), RunOutcome::RolledBack).await;
    assert_eq!(report.attempts, stage.engine.settings().max_attempts);
    assert_eq!(stage.faults.count(Call::Commit), 4);
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_hangs_is_dropped_at_the_deadline_and_fenced_off() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::Late);
    let started = Instant::now();
    let request = stage.load().with_deadline(Duration::from_secs(30));
    let report = stage.ends(&request, RunOutcome::RolledBack).await;
    assert_eq!(report.error.unwrap().kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    // It arrives after all, and finds itself fenced off.
    let late = stage.faults.deliver().await;
    assert_eq!(late[0].as_ref().unwrap_err().kind(), ErrorKind::StalePlan);
    stage.holds(1..=3);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_hangs_after_its_work_is_published() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::HangAfter);
    stage.ends(&stage.load().with_deadline(Duration::from_secs(30)), RunOutcome::Published).await;
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_tell_nothing_is_undone() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::LoseAnswer);
    stage.faults.strike_all(Call::Outcome, Fault::CannotTell);
    let report = stage.ends(&stage.load(), RunOutcome::InDoubt).await;
    assert!(report.error.unwrap().to_string().contains("look at the table"));
    assert_eq!(stage.faults.count(Call::Undo), 0);
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_away_is_asked_again_until_it_can_tell() {
    let stage = Stage::with_table();
    stage.faults.strike(Call::Commit, 1, Fault::LoseAnswer);
    for connect in 2..=4 {
        stage.faults.strike(Call::Connect, connect, Fault::Fail(ErrorKind::Unavailable, Retry::Safe));
    }
    stage.ends(&stage.load(), RunOutcome::Published).await;
    stage.holds(1..=6);
}

#[tokio::test(start_paused = true)]
async fn an_append_that_loses_a_race_is_tried_again_and_loses_no_row_of_the_other() {
    let stage = Stage::with_table();
    stage.memory.race(|memory| memory.add_rows(&table(), &numbered_rows(9..=9)).unwrap());
    stage.ends(&stage.load(), RunOutcome::Published).await;
    let rows = stage.memory.rows(&table()).unwrap();
    assert_eq!(rows.len(), 7, "{rows:?}");
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_made_meanwhile_is_not_replaced() {
    let stage = Stage::new();
    stage.memory.race(|memory| memory.add_rows(&table(), &numbered_rows(7..=9)).unwrap());
    // Under an exact name the second try finds the table, and appends under the rules of load.
    stage.ends(&stage.create(), RunOutcome::Published).await;
    assert_eq!(stage.memory.rows(&table()).unwrap().len(), 6);
    stage.is_tidy();
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_a_lost_answer_stays_in_doubt_and_a_sure_error_does_not() {
    let mut request = Stage::with_table().load();
    request.options.exactly_once = ExactlyOnce::Off;
    let stage = Stage::with_table();
    stage.load();
    stage.faults.strike(Call::Commit, 1, Fault::Fail(ErrorKind::BadData, Retry::Never));
    stage.faults.strike_all(Call::Outcome, Fault::CannotTell);
    stage.ends(&request, RunOutcome::RolledBack).await;
    stage.holds(1..=3);
    stage.faults.strike(Call::Commit, 1, Fault::LoseAnswer);
    stage.ends(&request, RunOutcome::InDoubt).await;
    assert!(stage.memory.entries().is_empty());
}
