//! The job's files on their way into a table's directory: taken as they are, or encoded anew.
//!
//! - [`decide`] says which, and why, from what the files' own headers tell.
//! - [`TakeFiles`] brings files that are taken as they are to where the table can have them: copied side by side, or
//!   joined into one without decoding them.
//! - [`count_rows`] proves what arrived, by headers and footers alone.

mod consume;
mod copy;
mod decide;
mod notes;
mod proof;
mod readable;
mod take;

pub(crate) use consume::{ConsumedFiles, MovedFile, fenced};
pub use copy::copy_files;
pub use decide::{FileWay, ReaderSettings, Reason, decide};
pub use notes::writer_notes;
pub use proof::{count_rows, format_of, prove_rows};
pub(crate) use readable::OTHER_ZONE;
pub use take::TakeFiles;

#[cfg(test)]
mod tests;
