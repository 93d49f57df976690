//! Answers and errors, for people and as JSON.

use std::io::Write;
use std::process::ExitCode;

use publish_core::{Error, Report, RunOutcome};
use serde::Serialize;
use serde_json::json;

use crate::exit;

/// Prints `text` to the output. A closed pipe is no error: the reader has seen enough.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints one JSON object.
pub(crate) fn print_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => eprintln!("error: the answer can't be written as JSON: {error}"),
    }
}

/// Tells an error before anything was started.
pub(crate) fn refused(error: &Error, is_json: bool) -> ExitCode {
    let code = exit::of_error(error);
    if is_json {
        print_json(&json!({ "outcome": "refused", "exitCode": code, "error": error }));
    } else {
        eprint!("{}", block("error", error));
    }
    ExitCode::from(code)
}

/// Tells how a run ended.
pub(crate) fn reported(report: &Report, is_json: bool) -> ExitCode {
    let code = exit::of_report(report);
    if is_json {
        let mut value = serde_json::to_value(report).unwrap_or_default();
        value["exitCode"] = code.into();
        print_json(&value);
        return ExitCode::from(code);
    }
    match report.outcome {
        RunOutcome::Published => {
            let rows = report.row_count.map_or_else(|| "its".to_owned(), |rows| rows.to_string());
            let before = if report.was_published_before { ", already before this request" } else { "" };
            let seconds = report.elapsed.as_secs_f64();
            print(&format!(
                "published {rows} rows of {} file(s) to {} in {seconds:.2} s{before} (run {})\n",
                report.file_count, report.table, report.run
            ));
        }
        outcome => eprintln!("{outcome}: table {} (run {})", report.table, report.run),
    }
    if let Some(error) = &report.error {
        eprint!("{}", block("error", error));
    }
    let title = if report.outcome == RunOutcome::Published { "warning" } else { "left behind" };
    for leftover in &report.leftovers {
        eprint!("{}", block(title, leftover));
    }
    ExitCode::from(code)
}

/// An error as a readable block: the sentence, then a line each for kind, context and causes.
pub(crate) fn block(title: &str, error: &Error) -> String {
    let mut text = format!("{title}: {}\n  kind: {:?}\n", error.message(), error.kind());
    for (key, value) in error.context() {
        text.push_str(&format!("  {key}: {value}\n"));
    }
    for cause in error.causes() {
        text.push_str(&format!("  because: {cause}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use publish_core::ErrorKind;

    use super::*;

    #[test]
    fn an_error_is_one_readable_block() {
        let error = Error::new(ErrorKind::NotFound, "There is no such file; correct the path")
            .with_context("location", "file:///x")
            .with_source(std::io::Error::other("gone"));
        assert_eq!(
            block("error", &error),
            "error: There is no such file; correct the path\n  kind: NotFound\n  location: file:///x\n  because: gone\n"
        );
    }
}
