//! The report as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use publish_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::{Curve, Figure, Findings};

/// A whole report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// When it was written, in UTC.
    pub(super) written: String,
    /// What was asked for.
    pub(super) command: String,
    pub(super) machine: Machine,
    pub(super) versions: BTreeMap<String, String>,
    pub(super) figures: Vec<Figure>,
    pub(super) curves: Vec<Curve>,
    pub(super) notes: Vec<String>,
}

/// The machine, and how the program was built.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Machine {
    pub(super) system: String,
    pub(super) architecture: String,
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_mib: u64,
    /// Processes that wanted a core, on average of the last minute, when the report was written.
    pub(super) load: String,
    pub(super) build: String,
}

impl Document {
    pub(super) fn of(findings: Findings) -> Self {
        let mut versions = findings.versions;
        versions.insert("publish-bench".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Self {
            written: chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            machine: Machine::here(),
            versions,
            figures: findings.figures,
            curves: findings.curves,
            notes: findings.notes,
        }
    }

    pub(super) fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The report can't be written as JSON").with_source(error)
        })
    }

    /// Reads a report that an earlier run wrote.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(
                ErrorKind::InvalidRequest,
                "The earlier report can't be read; name one that --json wrote",
            )
            .with_context("file", file.display())
            .with_source(source)
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.into()))?;
        serde_json::from_str(&text).map_err(|error| wrong(error.into()))
    }
}

impl Machine {
    fn here() -> Self {
        let told = |file: &str, key: &str| {
            let text = std::fs::read_to_string(file).ok()?;
            let line = text.lines().find(|line| line.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory =
            told("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let lto = option_env!("CARGO_PROFILE_RELEASE_LTO").unwrap_or("as in Cargo.toml");
        Self {
            system: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: told("/proc/cpuinfo", "model name").unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory.unwrap_or(0) / 1024,
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            build: format!("{profile}, lto {lto}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::super::Better;
    use super::*;

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let mut findings = Findings::default();
        findings.add(Figure::new("decode avro", "publish", "M rows/s", Better::Higher, vec![1.0, 3.0]));
        findings.note("a note");
        let document = Document::of(findings);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), document.to_json().unwrap()).unwrap();
        let read = Document::read(file.path()).unwrap();
        assert_eq!((read.figures, read.notes), (document.figures, document.notes));
        assert!(read.machine.cores > 0);
    }
}
