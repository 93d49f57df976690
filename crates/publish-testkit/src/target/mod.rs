//! The contract suite of targets.
//!
//! A host writes a [`TargetFixture`] that makes an empty place and reads it as somebody else would, and runs
//! [`check_all`] on it, on a runtime with time. Each rule is also a function of its own.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use publish_testkit::memory::MemoryFixture;
//!
//! publish_testkit::target::check_all(&MemoryFixture::default()).await.unwrap();
//! # });
//! ```

mod dead_runs;
mod evidence;
mod fixture;
mod journal;
mod planning;
mod scene;
mod undo;
mod visibility;

pub use dead_runs::{a_dead_run_is_finished_by_the_same_request, a_dead_run_is_swept};
pub use evidence::{
    a_fenced_attempt_cannot_commit, a_lost_answer_is_found, a_lost_request_is_tried_again,
    a_repeated_run_id_loads_nothing, a_repeated_step_replaces_its_earlier_try, an_outcome_fences_the_attempt,
    another_request_under_the_same_id_is_refused, rows_that_are_missing_undo_the_run,
};
pub use fixture::{TargetFixture, TargetPlace};
pub use journal::{the_journal_begins_once, the_journal_keeps_what_is_written};
pub use planning::{
    a_dry_run_changes_nothing, a_stale_plan_changes_nothing, misfits_are_all_named, planning_is_pure,
};
pub use undo::{
    a_cancelled_run_leaves_nothing, a_failed_run_leaves_nothing, undo_is_safe_where_the_step_never_started,
    undo_touches_only_its_run,
};
pub use visibility::{
    a_created_table_appears_with_its_rows, a_replaced_table_is_never_seen_empty, a_table_can_be_made_empty,
    an_append_adds_rows_once, two_runs_on_one_table_lose_no_rows,
};

use crate::Checked;

/// Checks every rule, each on a place of its own.
///
/// # Errors
/// The first rule that does not hold.
pub async fn check_all(fixture: &dyn TargetFixture) -> Checked {
    planning_is_pure(fixture).await?;
    a_dry_run_changes_nothing(fixture).await?;
    misfits_are_all_named(fixture).await?;
    a_stale_plan_changes_nothing(fixture).await?;
    a_table_can_be_made_empty(fixture).await?;
    a_created_table_appears_with_its_rows(fixture).await?;
    an_append_adds_rows_once(fixture).await?;
    a_replaced_table_is_never_seen_empty(fixture).await?;
    two_runs_on_one_table_lose_no_rows(fixture).await?;
    the_journal_begins_once(fixture).await?;
    the_journal_keeps_what_is_written(fixture).await?;
    a_repeated_run_id_loads_nothing(fixture).await?;
    another_request_under_the_same_id_is_refused(fixture).await?;
    a_lost_answer_is_found(fixture).await?;
    a_lost_request_is_tried_again(fixture).await?;
    a_repeated_step_replaces_its_earlier_try(fixture).await?;
    rows_that_are_missing_undo_the_run(fixture).await?;
    a_fenced_attempt_cannot_commit(fixture).await?;
    an_outcome_fences_the_attempt(fixture).await?;
    a_failed_run_leaves_nothing(fixture).await?;
    a_cancelled_run_leaves_nothing(fixture).await?;
    undo_is_safe_where_the_step_never_started(fixture).await?;
    undo_touches_only_its_run(fixture).await?;
    a_dead_run_is_swept(fixture).await?;
    a_dead_run_is_finished_by_the_same_request(fixture).await
}
