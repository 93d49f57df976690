//! What a host can set of an engine.

use std::time::Duration;

use crate::ResultReader;

/// Times, tries and memory of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineSettings {
    /// Time that a run may take, unless its request says. Default 12 hours.
    pub deadline: Duration,
    /// Tries of a whole run, and of each step before the commit. Default 4.
    pub max_attempts: u32,
    /// Wait before the second try. It doubles with each further one, with jitter. Default 500 ms.
    pub first_delay: Duration,
    /// Longest wait between tries. Default 30 s.
    pub max_delay: Duration,
    /// Time to find out whether a commit happened. Default 2 minutes.
    pub outcome_time: Duration,
    /// Time to undo, and to tidy up. Default 2 minutes.
    pub undo_time: Duration,
    /// Time between two renewals of a run's lease. Default 10 s; a target's leases last several times as long.
    pub renew_every: Duration,
    /// Time that a call gets to stop by itself once the run is cancelled, before it is dropped. Default 30 s.
    pub cancel_grace: Duration,
    /// Rows of a batch. Default 8192.
    pub batch_rows: usize,
    /// Bytes of decoded batches that may wait. Default 64 MiB.
    pub budget_bytes: usize,
    /// Files inspected side by side. Default 16.
    pub inspect_lanes: usize,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(12 * 3600),
            max_attempts: 4,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            outcome_time: Duration::from_secs(120),
            undo_time: Duration::from_secs(120),
            renew_every: Duration::from_secs(10),
            cancel_grace: Duration::from_secs(30),
            batch_rows: ResultReader::BATCH_ROWS,
            budget_bytes: ResultReader::BUDGET_BYTES,
            inspect_lanes: 16,
        }
    }
}

impl EngineSettings {
    /// The wait before try number `attempt` (from 2): doubling, with a jitter of up to half, so that engines that failed
    /// together do not come back together.
    pub(crate) fn delay_before(&self, attempt: u32) -> Duration {
        let doubled = self.first_delay.saturating_mul(1 << attempt.saturating_sub(2).min(16));
        let longest = doubled.min(self.max_delay);
        longest.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_one() {
        let settings = EngineSettings::default();
        for (attempt, most) in [(2, 500), (3, 1000), (4, 2000), (30, 30_000)] {
            let delay = settings.delay_before(attempt).as_millis();
            assert!(delay <= most && delay >= most / 2, "{attempt}: {delay}");
        }
    }
}
