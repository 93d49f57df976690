//! The engine under faults: whatever a target's calls do, a run ends, and ends rightly. Time is paused.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod cancelling;
mod changing;
mod committing;
mod dying;
mod preparing;
mod stage;
mod tidying;
