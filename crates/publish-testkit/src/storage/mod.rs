//! The contract suite of storages.
//!
//! Each rule is a function that takes a storage and a folder of its own to work in, which [`check_all`] gives.
//!
//! ```
//! use publish_core::Location;
//! use publish_testkit::results::ShelfStorage;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scratch = Location::parse("mem:///scratch")?;
//! publish_testkit::storage::check_all(&ShelfStorage::default(), &scratch).await?;
//! # Ok(())
//! # }
//! ```

mod folders;
mod list;
mod names;
mod read;
mod scratch;
mod suite;
mod write;

pub use folders::{
    a_rename_never_moves_into_a_folder, deleting_a_folder_leaves_nothing_of_it,
    deleting_a_folder_that_is_not_there_succeeds, deleting_a_folder_touches_nothing_outside,
};
pub use list::{
    a_folder_that_is_not_there_is_empty, a_listing_goes_to_any_depth_and_no_further,
    a_listing_tells_sizes_and_addresses_that_can_be_read, a_version_changes_with_the_bytes,
};
pub use names::{
    a_name_is_taken_as_it_is_written, a_rename_has_one_winner, a_rename_moves_the_file,
    a_rename_never_replaces, a_rename_that_is_not_supported_changes_nothing, deleting_removes_the_file,
    deleting_what_is_not_there_succeeds,
};
pub use read::{
    a_folder_is_not_a_file, a_missing_file_is_told_with_its_location, a_range_beyond_the_end_is_an_error,
    a_range_is_read_exactly, a_stream_gives_its_range_in_order, idle_streams_hold_up_nobody,
    ranges_are_read_side_by_side,
};
pub use suite::check_all;
pub use write::{
    a_dropped_writer_leaves_nothing, a_file_holds_what_was_written, a_file_is_invisible_until_finished,
    a_writer_never_replaces, an_aborted_writer_leaves_nothing, of_two_writers_one_finishes,
    writers_work_side_by_side,
};
