//! From events to how far a run is.

use publish_core::{Event, Progress};

/// What is shown until the run is over.
const ALMOST: u8 = 99;

/// How far a run is, in steps done of those that its plan has.
#[derive(Debug, Default)]
pub(super) struct Percent {
    steps: usize,
    finished: usize,
    highest: u8,
}

impl Percent {
    /// Takes an event into account, and says how far the run is then. It never goes back, also where a run starts anew.
    pub(super) fn after(&mut self, event: &Event) -> u8 {
        let within_step = match event {
            Event::RunStarted { step_count, .. } => {
                (self.steps, self.finished) = (*step_count, 0);
                0.0
            }
            Event::StepFinished { .. } => {
                self.finished += 1;
                0.0
            }
            Event::StepProgressed { progress, .. } => fraction(progress),
            _ => return self.highest,
        };
        if self.steps > 0 {
            let done = (self.finished as f64 + within_step) / self.steps as f64;
            // Within 0 to 99 by the two bounds.
            let percent = (done * 100.0).clamp(0.0, f64::from(ALMOST)) as u8;
            self.highest = self.highest.max(percent);
        }
        self.highest
    }
}

fn fraction(progress: &Progress) -> f64 {
    let of = |done: u64, total: Option<u64>| {
        total.filter(|total| *total > 0).map(|total| (done as f64 / total as f64).min(1.0))
    };
    of(progress.rows, progress.total_rows).or_else(|| of(progress.bytes, progress.total_bytes)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use publish_core::StepId;

    use super::*;

    #[test]
    fn steps_and_rows_make_percents_that_never_go_back() {
        let mut percent = Percent::default();
        let started = Event::RunStarted { attempt: 1, step_count: 4 };
        let step = StepId(1);
        let half = Event::StepProgressed { step, progress: Progress::new(5, 0).of(Some(10), None) };
        let finished = Event::StepFinished { step, rows: None };
        assert_eq!(percent.after(&started), 0);
        assert_eq!(percent.after(&half), 12);
        assert_eq!(percent.after(&finished), 25);
        assert_eq!(percent.after(&half), 37);
        assert_eq!(percent.after(&started), 37, "a run that starts anew does not go back");
        for _ in 0..9 {
            percent.after(&finished);
        }
        assert_eq!(percent.after(&finished), 99, "it is not over before it is over");
    }
}
