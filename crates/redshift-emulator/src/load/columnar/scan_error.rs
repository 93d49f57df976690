//! Errors of the service's Spectrum layer: sent to the client, not to `stl_load_errors`.

use crate::load::files::FileName;
use crate::wire::Report;

/// The types of a file and of its table don't agree.
pub(super) const INCOMPATIBLE: u32 = 15_007;
/// Anything else.
pub(super) const SCAN: u32 = 15_001;

/// An error of reading a file.
pub(super) fn scan_error(code: u32, context: &str, query: i64) -> Report {
    Report::error("XX000", "Spectrum Scan Error").with_detail(detail(
        "Spectrum Scan Error",
        code,
        context,
        query,
    ))
}

/// An error of the planner about the types of the table.
pub(super) fn assert_error(context: &str, query: i64) -> Report {
    Report::error("XX000", "Assert").with_detail(detail("Assert", 1000, context, query))
}

/// A file as these errors name it.
pub(super) fn https_url(file: &FileName) -> String {
    format!("https://s3.amazonaws.com/{}/{}", file.bucket, file.key)
}

fn detail(error: &str, code: u32, context: &str, query: i64) -> String {
    let line = "-".repeat(47);
    format!(
        "\n  {line}\n  error:  {error}\n  code:      {code}\n  context:   {context}\n  query:     {query}\n  \
         location:  dory_util.cpp:1226\n  process:   worker_thread [pid=1]\n  {line}\n"
    )
}
