//! Times and numbers of jobs.

use std::time::Duration;

/// Times and numbers of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobSettings {
    /// Jobs that this server runs side by side. Default 8. Others wait.
    pub workers: usize,
    /// Time between two signs of life of a server's jobs. Default 3 s.
    pub beat: Duration,
    /// Time without a sign of life after which a job's server counts as dead. Default 15 s.
    pub lease: Duration,
    /// Longest time between two looks at the queue of a server with a free worker. Default 1 s.
    pub poll: Duration,
    /// Time that may be spent on checking a request before it is answered. Default 2 s.
    pub check_time: Duration,
    /// Time that a plan call may take. Default 60 s.
    pub plan_time: Duration,
    /// Time that running jobs get when the server stops, before they are handed over. Default 30 s.
    pub stop_time: Duration,
    /// How often a job is taken by a server before it fails: one that kills its servers must not do so for ever.
    /// Default 100.
    pub max_claims: u32,
    /// Events that a job's log keeps. Default 2,000. Later ones are told to listeners alone.
    pub max_log_events: usize,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            workers: 8,
            beat: Duration::from_secs(3),
            lease: Duration::from_secs(15),
            poll: Duration::from_secs(1),
            check_time: Duration::from_secs(2),
            plan_time: Duration::from_secs(60),
            stop_time: Duration::from_secs(30),
            max_claims: 100,
            max_log_events: 2000,
        }
    }
}
