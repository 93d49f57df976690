//! What a process costs, as the operating system counts it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use publish_core::{Error, ErrorKind, Result};

/// Time between two looks at a running process. Its peak is kept by the system, so that none is missed but what the
/// last few milliseconds add.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Ticks of processor time in a second, as `/proc` counts them on Linux.
const TICKS: f64 = 100.0;

/// Bytes of a failed process's own words that are told.
const TOLD: usize = 600;

/// What a process cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// From its start to its end.
    pub(crate) seconds: f64,
    /// Processor time of all its threads and children.
    pub(crate) cpu_seconds: f64,
    /// Largest resident memory in bytes (`VmHWM`).
    pub(crate) peak_bytes: u64,
}

/// Runs a command to its end, with `input` as its standard input, and answers what it cost and printed.
pub(crate) async fn run(command: &mut Command, input: &str) -> Result<(Cost, String)> {
    let failed = |message: &str, source: std::io::Error| {
        Error::new(ErrorKind::Unexpected, message).with_source(source)
    };
    let file = || tempfile::tempfile().map_err(|error| failed("There is no scratch file", error));
    let (mut given, mut printed, mut complained) = (file()?, file()?, file()?);
    given
        .write_all(input.as_bytes())
        .and_then(|()| given.seek(SeekFrom::Start(0)))
        .map_err(|error| failed("The input can't be written", error))?;
    let stdio = |file: &File| file.try_clone().map(Stdio::from);
    command
        .stdin(stdio(&given).map_err(|error| failed("The input can't be passed on", error))?)
        .stdout(stdio(&printed).map_err(|error| failed("The output can't be caught", error))?)
        .stderr(stdio(&complained).map_err(|error| failed("The output can't be caught", error))?);
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| {
        failed("The program can't be started; is it there?", error)
            .with_context("program", command.get_program().to_string_lossy())
    })?;
    let (mut peak_bytes, mut cpu_seconds) = (0, 0.0);
    let (status, seconds) = loop {
        peak_bytes = peak_bytes.max(peak_of(child.id()).unwrap_or(0));
        // A process that has ended is kept by the system, with what it used, until it is waited for.
        let used = Used::of(&child.id().to_string());
        cpu_seconds = used.as_ref().map_or(cpu_seconds, |used| used.cpu_seconds);
        if used.is_none_or(|used| used.has_ended) {
            let seconds = started.elapsed().as_secs_f64();
            let status = child.wait().map_err(|error| failed("The process can't be waited for", error))?;
            break (status, seconds);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    if !status.success() {
        let words = text_of(&mut complained);
        let last = words.char_indices().rev().take(TOLD).last().map_or(0, |(at, _)| at);
        return Err(Error::new(ErrorKind::Unexpected, "The measured process failed")
            .with_context("status", status)
            .with_context("program", command.get_program().to_string_lossy())
            .with_context("its words", words[last..].trim()));
    }
    Ok((Cost { seconds, cpu_seconds, peak_bytes }, text_of(&mut printed)))
}

/// Processor time that this process has used so far.
pub(crate) fn own_cpu_seconds() -> f64 {
    Used::of("self").map_or(0.0, |used| used.cpu_seconds)
}

fn text_of(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes));
    read.map_or_else(|error| error.to_string(), |_| String::from_utf8_lossy(&bytes).into_owned())
}

/// What `/proc/PID/stat` tells.
struct Used {
    has_ended: bool,
    cpu_seconds: f64,
}

impl Used {
    fn of(process: &str) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    /// The name stands in brackets and may hold anything; state is the first field after it, the times from the twelfth on.
    fn parse(stat: &str) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        Some(Self { has_ended: matches!(fields[0], "Z" | "X"), cpu_seconds: ticks as f64 / TICKS })
    }
}

/// The peak of a running process, on Linux.
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let used = Used::parse("7 (a) b ( c) Z 1 7 7 0 -1 0 0 0 0 0 150 30 15 5 20 0").unwrap();
        assert!(used.has_ended);
        assert!((used.cpu_seconds - 2.0).abs() < 1e-9);
    }

    #[tokio::test]
    async fn a_process_is_told_with_its_cost() {
        let burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; cat";
        let (cost, printed) = run(Command::new("sh").args(["-c", burn]), "words").await.unwrap();
        assert_eq!(printed, "words");
        assert!(cost.seconds > 0.0 && cost.peak_bytes > 0, "{cost:?}");
        assert!(cost.cpu_seconds > 0.0 && cost.cpu_seconds < cost.seconds * 4.0, "{cost:?}");
    }

    #[tokio::test]
    async fn a_process_that_fails_is_told_with_its_words() {
        let error = run(Command::new("sh").args(["-c", "echo no luck >&2; exit 3"]), "").await.unwrap_err();
        assert!(error.to_string().contains("no luck"), "{error}");
    }
}
