//! What this process allocates.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// Counts each allocation. It costs a few nanoseconds of each, which all figures of ours include.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations from here on.
#[derive(Debug)]
pub(crate) struct Allocations(Region<'static, System>);

impl Allocations {
    /// Starts to count.
    pub(crate) fn start() -> Self {
        Self(Region::new(ALLOCATOR))
    }

    /// Bytes that were allocated since, whether they were freed or not.
    pub(crate) fn bytes(&self) -> usize {
        self.0.change().bytes_allocated
    }
}
