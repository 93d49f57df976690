//! A run: what its calls share, what it reads, how it ends.

mod batches;
mod cancel;
mod context;
mod limits;
mod report;
mod unchanged;

pub use batches::{ResultBatch, ResultBatchStream, ResultReader};
pub use cancel::Cancel;
pub use context::RunContext;
pub use limits::ColumnLimit;
pub use report::{Report, RunOutcome};
pub(crate) use unchanged::check_unchanged;
