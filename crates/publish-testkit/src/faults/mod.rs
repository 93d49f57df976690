//! Targets and storages whose calls fail, hang, lose their answers or come late.
//!
//! [`FaultyTarget`] stands before any target and passes its calls on. [`Faults`] says which calls go wrong, and hears
//! every call in order. [`FaultyStorage`] and [`LatencyStorage`] stand before any storage.

mod call;
mod latency;
mod plan;
mod session;
mod storage;
mod target;

pub use call::Call;
pub use latency::LatencyStorage;
pub use plan::{Fault, Faults};
pub use storage::{FaultyStorage, StorageCall};
pub use target::FaultyTarget;
