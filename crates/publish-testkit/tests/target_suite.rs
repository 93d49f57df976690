//! The target suite holds on the target in memory, and each of its rules fails on a target that breaks just that rule.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use publish_testkit::Checked;
use publish_testkit::memory::{Defect, MemoryFixture};
use publish_testkit::target::{self as rules, TargetFixture};

type Check = for<'a> fn(&'a dyn TargetFixture) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! checks {
    ($($defect:ident => $rule:ident),* $(,)?) => {
        [$((Defect::$defect, stringify!($rule), (|fixture| Box::pin(rules::$rule(fixture))) as Check)),*]
    };
}

#[tokio::test]
async fn the_suite_holds_on_a_target_in_memory() {
    rules::check_all(&MemoryFixture::default()).await.unwrap();
}

#[tokio::test]
async fn the_suite_holds_where_files_are_staged() {
    rules::check_all(&MemoryFixture::default().with_staged_files()).await.unwrap();
}

#[tokio::test]
async fn the_suite_holds_where_a_window_is_declared() {
    rules::check_all(&MemoryFixture::default().with_window(Duration::from_millis(5))).await.unwrap();
}

#[tokio::test]
async fn each_rule_fails_on_a_target_that_breaks_it() {
    let twins = checks! {
        AppendsTwice => an_append_adds_rows_once,
        AppearsEmpty => a_created_table_appears_with_its_rows,
        EmptiesFirst => a_replaced_table_is_never_seen_empty,
        ChecksTooEarly => a_stale_plan_changes_nothing,
        LosesUpdates => two_runs_on_one_table_lose_no_rows,
        CountsNothing => rows_that_are_missing_undo_the_run,
        ForgetsEvidence => a_lost_answer_is_found,
        IgnoresFence => a_fenced_attempt_cannot_commit,
        TellsWithoutFence => an_outcome_fences_the_attempt,
        BeginsTwice => the_journal_begins_once,
        ForgetsRuns => a_repeated_run_id_loads_nothing,
        ForgetsRuns => another_request_under_the_same_id_is_refused,
        ForgetsRuns => the_journal_keeps_what_is_written,
        HoldsForever => a_dead_run_is_swept,
        HoldsForever => a_dead_run_is_finished_by_the_same_request,
        UndoesNothing => a_failed_run_leaves_nothing,
        UndoesNothing => a_cancelled_run_leaves_nothing,
        UndoNeedsSomething => undo_is_safe_where_the_step_never_started,
        UndoesEverything => undo_touches_only_its_run,
        PlansDiffer => planning_is_pure,
        InspectMakesTables => a_dry_run_changes_nothing,
        NamesOneMisfit => misfits_are_all_named,
        StagesTwice => a_repeated_step_replaces_its_earlier_try,
        FillsEmptyTables => a_table_can_be_made_empty,
        RefusesSecondAttempts => a_lost_request_is_tried_again,
    };
    for (defect, rule, check) in twins {
        let broken = check(&MemoryFixture::default().with_defect(defect)).await;
        let violation = broken.expect_err(&format!("{rule} holds although the target {defect:?}"));
        assert_eq!(violation.rule(), rule, "{violation}");
    }
}
