//! All rules in a row.

use publish_core::{Location, Storage};

use super::{folders, list, names, read, write};
use crate::Checked;

/// Checks every rule, each in a folder of its own below `scratch`, which must be empty.
///
/// # Errors
/// The first rule that does not hold.
pub async fn check_all(storage: &dyn Storage, scratch: &Location) -> Checked {
    write::a_file_holds_what_was_written(storage, scratch).await?;
    write::a_file_is_invisible_until_finished(storage, scratch).await?;
    write::a_dropped_writer_leaves_nothing(storage, scratch).await?;
    write::an_aborted_writer_leaves_nothing(storage, scratch).await?;
    write::a_writer_never_replaces(storage, scratch).await?;
    write::of_two_writers_one_finishes(storage, scratch).await?;
    write::writers_work_side_by_side(storage, scratch).await?;
    read::a_range_is_read_exactly(storage, scratch).await?;
    read::a_range_beyond_the_end_is_an_error(storage, scratch).await?;
    read::a_stream_gives_its_range_in_order(storage, scratch).await?;
    read::ranges_are_read_side_by_side(storage, scratch).await?;
    read::idle_streams_hold_up_nobody(storage, scratch).await?;
    read::a_missing_file_is_told_with_its_location(storage, scratch).await?;
    read::a_folder_is_not_a_file(storage, scratch).await?;
    list::a_listing_goes_to_any_depth_and_no_further(storage, scratch).await?;
    list::a_listing_tells_sizes_and_addresses_that_can_be_read(storage, scratch).await?;
    list::a_version_changes_with_the_bytes(storage, scratch).await?;
    list::a_folder_that_is_not_there_is_empty(storage, scratch).await?;
    names::a_name_is_taken_as_it_is_written(storage, scratch).await?;
    names::a_rename_moves_the_file(storage, scratch).await?;
    names::a_rename_never_replaces(storage, scratch).await?;
    names::a_rename_has_one_winner(storage, scratch).await?;
    names::a_rename_that_is_not_supported_changes_nothing(storage, scratch).await?;
    folders::a_rename_never_moves_into_a_folder(storage, scratch).await?;
    names::deleting_removes_the_file(storage, scratch).await?;
    names::deleting_what_is_not_there_succeeds(storage, scratch).await?;
    folders::deleting_a_folder_leaves_nothing_of_it(storage, scratch).await?;
    folders::deleting_a_folder_touches_nothing_outside(storage, scratch).await?;
    folders::deleting_a_folder_that_is_not_there_succeeds(storage, scratch).await
}
