//! Events as progress on a terminal.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use publish_core::{Event, EventSink, Progress, RunId};

/// Prints the plan, then a bar a step on a terminal, or a line a step elsewhere. All on the error stream: the answer
/// alone is on the output.
#[derive(Debug)]
pub(crate) struct TerminalProgress {
    bar: Mutex<Option<ProgressBar>>,
    is_terminal: bool,
    shows_log: bool,
}

impl TerminalProgress {
    /// Shows the lines that the target logs as well if asked to.
    pub(crate) fn new(shows_log: bool) -> Self {
        Self { bar: Mutex::new(None), is_terminal: std::io::stderr().is_terminal(), shows_log }
    }

    fn logged(&self, message: &str) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match bar.as_ref() {
            Some(bar) => bar.suspend(|| eprintln!("  {message}")),
            None => eprintln!("  {message}"),
        }
    }

    fn started(&self, title: &str) {
        if !self.is_terminal {
            eprintln!("{title} …");
            return;
        }
        let bar = ProgressBar::new_spinner().with_message(title.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {prefix} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        self.replace(Some(bar));
    }

    fn progressed(&self, progress: &Progress) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bar) = bar.as_ref() else { return };
        if let Some(total) = progress.total_rows {
            let has_length = bar.length().is_some();
            bar.set_length(total);
            if !has_length
                && let Ok(style) = ProgressStyle::with_template(
                    "{msg} [{bar:30}] {human_pos}/{human_len} rows {per_sec}, {eta} left",
                )
            {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_position(progress.rows);
        } else {
            bar.set_prefix(format!("{} rows", HumanCount(progress.rows)));
        }
    }

    fn replace(&self, next: Option<ProgressBar>) {
        let old = std::mem::replace(&mut *self.bar.lock().unwrap_or_else(PoisonError::into_inner), next);
        if let Some(old) = old {
            old.finish_and_clear();
        }
    }
}

impl EventSink for TerminalProgress {
    fn emit(&self, _: &RunId, event: &Event) {
        match event {
            Event::RunPlanned { plan } => eprint!("{plan}"),
            Event::StepStarted { title, .. } => self.started(title),
            Event::StepProgressed { progress, .. } => self.progressed(progress),
            Event::StepRetried { attempt, error, .. } | Event::RunRetried { attempt, error } => {
                self.replace(None);
                eprintln!("trying again ({attempt}): {error}");
            }
            Event::TargetLogged { message } if self.shows_log => self.logged(message),
            Event::StepFinished { .. } | Event::StepUndone { .. } | Event::RunFinished { .. } => {
                self.replace(None)
            }
            _ => {}
        }
    }
}
