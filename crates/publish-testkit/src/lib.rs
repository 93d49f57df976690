//! The contract suites that any target, action, storage or format runs, and the faults to run them under.
//!
//! A suite is a set of public functions, one a rule, and a `check_all` that runs every one. A rule that does not hold
//! is a [`Violation`] that says which rule and what was seen instead. Nothing here starts a server or needs a file:
//! a host hands in what is to be judged.
//!
//! - [`target`] judges a target, from the outside: what a reader sees, what is left over, what the journal says.
//! - [`action`] judges an action.
//! - [`memory`] has a target in memory, to try an engine or a host on, and to see the suites fail.
//! - [`storage`] judges a storage.
//! - [`mod@format`] judges a file format.
//! - [`faults`] wraps any target so that its calls fail, hang, lose their answers or come late, and any storage.
//! - [`results`] makes result sets of Arrow batches, without files and without any format.
//!
//! ```
//! use publish_core::action::Load;
//!
//! publish_testkit::action::check_all(&Load).unwrap();
//! ```

pub mod action;
pub mod faults;
pub mod format;
pub mod memory;
pub mod results;
pub mod storage;
pub mod target;
mod violation;

pub use violation::{Checked, Violation};
