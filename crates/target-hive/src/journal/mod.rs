//! The runs of a Hive target: small files below a folder of its own, outside of every table's directory.
//!
//! Each file is written once, under a name that can be taken once, and is never changed. What became of an attempt
//! follows from which files there are, so that an engine that dies between any two calls leaves a state that the next
//! one reads:
//!
//! | file | written by | says |
//! | --- | --- | --- |
//! | `begun` | [`begin`](publish_core::Journal::begin) | the attempt's record, and an id that its other files carry |
//! | `turn` | [`start_commit`](HiveJournal::start_commit) or [`fence`](publish_core::Journal::fence) | that it commits, or never will |
//! | `note` | [`note`](HiveJournal::note) | how far a commit of several acts is |
//! | `end` | [`publish`](HiveJournal::publish) or [`abandon`](HiveJournal::abandon) | what the commit came to |
//! | `closed` | [`close`](publish_core::Journal::close) | what is left to remove or tidy |
//! | `lease` | [`renew`](publish_core::Journal::renew) | that its engine lives |
//!
//! Of two who write the same file one wins: that is the fence. A run that commits has a mark under its table's digest
//! besides, so that what a dead engine left half-way on a table is found by one listing.
//!
//! Leases go by the store's own clock, which every engine sees alike: the times at which it says that files were
//! written.

mod clock;
mod commits;
mod leases;
mod names;
mod runs;
mod state;
mod store;

pub use runs::HiveJournal;
pub use state::HiveEntry;

#[cfg(test)]
mod tests;
