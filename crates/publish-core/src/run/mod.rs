//! A run: what its calls share, what it reads, how it ends.

mod batches;
mod cancel;
mod context;
mod report;

pub use batches::{ResultBatch, ResultBatchStream, ResultReader};
pub use cancel::Cancel;
pub use context::RunContext;
pub use report::{Report, RunOutcome};
