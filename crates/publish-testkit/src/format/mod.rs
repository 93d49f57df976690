//! The contract suite of file formats.
//!
//! Each rule is a function of a [`FormatBench`]: a format, a storage, and a folder to work in.
//!
//! ```no_run
//! # async fn check(format: &dyn publish_core::Format) -> publish_testkit::Checked {
//! use std::sync::Arc;
//!
//! use publish_testkit::format::{FormatBench, check_all};
//! use publish_testkit::results::ShelfStorage;
//!
//! let bench = FormatBench::new(format, Arc::new(ShelfStorage::default()), "mem:///scratch")?;
//! check_all(&bench).await
//! # }
//! ```

mod bench;
mod broken;
mod rows;
mod samples;
mod suite;
mod types;

pub use bench::FormatBench;
pub use broken::{
    a_cut_file_is_never_read_short, a_damaged_file_never_panics, a_file_shorter_than_told_is_an_error,
    an_empty_file_tells_nothing, an_error_names_the_file,
};
pub use rows::{
    a_dropped_stream_stops_reading, a_dropped_writer_leaves_no_file, batches_are_as_small_as_asked,
    no_rows_are_read_from_a_file_without_rows, the_parts_hold_each_row_once_in_order,
    what_is_told_of_a_file_is_true,
};
pub use suite::check_all;
pub use types::{a_value_that_does_not_fit_is_an_error, every_type_comes_back};
