//! All rules in a row.

use super::{FormatBench, broken, rows, types};
use crate::Checked;

/// Checks every rule.
///
/// # Errors
/// The first rule that does not hold.
pub async fn check_all(bench: &FormatBench<'_>) -> Checked {
    types::every_type_comes_back(bench).await?;
    types::a_value_that_does_not_fit_is_an_error(bench).await?;
    rows::the_parts_hold_each_row_once_in_order(bench).await?;
    rows::batches_are_as_small_as_asked(bench).await?;
    rows::what_is_told_of_a_file_is_true(bench).await?;
    rows::no_rows_are_read_from_a_file_without_rows(bench).await?;
    rows::a_dropped_writer_leaves_no_file(bench).await?;
    rows::a_dropped_stream_stops_reading(bench).await?;
    broken::an_empty_file_tells_nothing(bench).await?;
    broken::an_error_names_the_file(bench).await?;
    broken::a_file_shorter_than_told_is_an_error(bench).await?;
    broken::a_cut_file_is_never_read_short(bench).await?;
    broken::a_damaged_file_never_panics(bench).await
}
