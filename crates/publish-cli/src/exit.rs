//! Exit codes: 0 published, 1 failed and undone, 2 bad request, 3 in doubt or not wholly undone.

use publish_core::{Error, Report, RunOutcome};

/// Failed, and everything is as it was.
pub(crate) const FAILED: u8 = 1;

/// The request, a setting, a file's columns or a table must be changed first. Nothing was touched.
pub(crate) const BAD_REQUEST: u8 = 2;

/// In doubt, or not wholly undone: somebody has to look.
pub(crate) const LOOK: u8 = 3;

/// Ended at once by a second signal.
pub(crate) const INTERRUPTED: i32 = 130;

/// The code for an error before anything was started.
pub(crate) fn of_error(error: &Error) -> u8 {
    if error.kind().is_callers() { BAD_REQUEST } else { FAILED }
}

/// The code for a run that has ended.
pub(crate) fn of_report(report: &Report) -> u8 {
    match (report.outcome, &report.error) {
        (RunOutcome::Published, _) => 0,
        (RunOutcome::RolledBack, Some(error)) => of_error(error),
        (RunOutcome::RolledBack, None) => FAILED,
        _ => LOOK,
    }
}

#[cfg(test)]
mod tests {
    use publish_core::ErrorKind;

    use super::*;

    #[test]
    fn what_the_caller_has_to_change_is_a_bad_request() {
        assert_eq!(of_error(&Error::new(ErrorKind::SchemaMismatch, "x")), BAD_REQUEST);
        assert_eq!(of_error(&Error::new(ErrorKind::NotFound, "x")), BAD_REQUEST);
        assert_eq!(of_error(&Error::new(ErrorKind::BadData, "x")), FAILED);
        assert_eq!(of_error(&Error::new(ErrorKind::Busy, "x")), FAILED);
    }
}
