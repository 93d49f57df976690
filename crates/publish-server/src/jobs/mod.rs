//! Jobs: accepted, queued, run, watched, cancelled.
//!
//! ```text
//! submit ─► store (InProgress) ─► claim ─► run ─► finish
//!              ▲                   │ │
//!              └── release ────────┘ └── heartbeat (percent out, cancel in)
//! ```
//!
//! A job's run id is made when it is accepted. Whoever runs the job, after a restart or in place of a dead server, repeats
//! that run, and the engine's journal at the target sees to it that nothing is loaded twice.

mod events;
mod log;
mod outputs;
mod percent;
mod run;
mod runner;
mod running;
mod service;
mod settings;

pub use events::JobEvents;
pub(crate) use outputs::schema;
pub use runner::JobRunner;
pub use service::{JobCounts, Jobs};
pub use settings::JobSettings;
