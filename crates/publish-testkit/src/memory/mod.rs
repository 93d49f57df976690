//! A target in memory, without transactions.
//!
//! It has what a warehouse without transactions has: tables beside each other, a compare-and-swap of one table, and a
//! journal. It is meant for tests of engines, hosts and suites; nothing survives the process.

mod commit;
mod defect;
mod fixture;
mod journal;
mod place;
mod session;
mod staging;
mod target;
mod types;

pub use defect::Defect;
pub use fixture::MemoryFixture;
pub use target::MemoryTarget;
