//! What a process of our own costs, as the operating system counts it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use publish_core::{Error, ErrorKind, Result};
use serde::Serialize;

/// Time between two looks at a running process. Its peak is kept by the system, so that none is missed but what the
/// last few milliseconds add.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a process cost.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// Largest resident memory in bytes (`VmHWM`).
    pub(crate) peak_bytes: u64,
}

/// Runs this program with other arguments to its end.
pub(crate) async fn run_self(arguments: &[String]) -> Result<Cost> {
    let failed = |message: &str, source: std::io::Error| {
        Error::new(ErrorKind::Unexpected, message).with_source(source)
    };
    let program =
        std::env::current_exe().map_err(|error| failed("The program's own path can't be told", error))?;
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| failed("The program can't start itself", error))?;
    let mut peak_bytes = 0;
    loop {
        peak_bytes = peak_bytes.max(peak_of(child.id()).unwrap_or(0));
        match child.try_wait().map_err(|error| failed("The process can't be waited for", error))? {
            Some(status) if status.success() => break,
            Some(status) => {
                return Err(Error::new(ErrorKind::Unexpected, "The measured process failed")
                    .with_context("status", status)
                    .with_context("arguments", arguments.join(" ")));
            }
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    Ok(Cost { seconds: started.elapsed().as_secs_f64(), peak_bytes })
}

/// The peak of a running process, on Linux.
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
