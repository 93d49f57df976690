//! Folders that are removed at the end.

use publish_core::{Error, ErrorKind, Result};

/// A folder that is removed when it is dropped.
pub(crate) fn scratch() -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("publish-bench").tempdir().map_err(|error| {
        Error::new(
            ErrorKind::Unexpected,
            "There is no folder for scratch files; set TMPDIR to one that can be written",
        )
        .with_source(error)
    })
}
