//! One piece of work in a process of its own, so that its memory and processor time are its own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use publish_core::{
    Cancel, Error, ErrorKind, FileFormat, Location, NoEvents, Result, RunOutcome, Source, TargetName,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::host::{self, S3Access};
use crate::process::{Cost, own_cpu_seconds, run};

/// What a process of ours does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "camelCase")]
pub(crate) enum Job {
    /// Publishes.
    Publish(PublishJob),
    /// Brings bytes to a server, or from there.
    #[cfg(feature = "services")]
    Transfer(crate::services::Transfer),
}

/// A publish.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishJob {
    pub(crate) target: String,
    pub(crate) settings: Map<String, Value>,
    pub(crate) results: String,
    pub(crate) format: FileFormat,
    /// Records of each text file from which types are inferred, `None` for all.
    pub(crate) infer_records: Option<u64>,
    pub(crate) path: Vec<String>,
    pub(crate) table: String,
    pub(crate) action: String,
    pub(crate) s3: Option<S3Access>,
}

impl PublishJob {
    /// Creates the table [`host::TABLE`] and loads it.
    pub(crate) fn new(target: &TargetName, settings: &Value, results: &Location, format: FileFormat) -> Self {
        Self {
            target: target.as_str().to_owned(),
            settings: settings.as_object().cloned().unwrap_or_default(),
            results: results.as_str().to_owned(),
            format,
            infer_records: None,
            path: Vec::new(),
            table: host::TABLE.to_owned(),
            action: "createAndLoad".to_owned(),
            s3: None,
        }
    }

    async fn publish(&self) -> Result<Measured> {
        let engine = host::engine(self.s3.as_ref())?;
        let target =
            engine.registry().build_target(&TargetName::from(self.target.clone()), &self.settings)?;
        let results = Location::parse(&self.results)?;
        let mut request =
            host::request(results, self.format, &self.table, &self.action).with_path(self.path.clone());
        let mut options = publish_core::FormatOptions::default();
        options.infer_records = self.infer_records;
        request.source = Source::new(request.source.locations).with_format(self.format).with_options(options);
        let report = engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default()).await?;
        match (report.outcome, report.error) {
            (RunOutcome::Published, _) => Ok(Measured {
                rows: report.row_count.unwrap_or(0),
                bytes_read: report.bytes_read,
                bytes_written: report.bytes_written,
                ..Measured::default()
            }),
            (_, Some(error)) => Err(error),
            (outcome, None) => {
                Err(Error::new(ErrorKind::Unexpected, format!("The publish ended as {outcome}")))
            }
        }
    }
}

/// What a process says of its own work, ours or a peer's: without the time in which it was started.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Measured {
    pub(crate) rows: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    /// Bytes that the engine itself read and wrote.
    pub(crate) bytes_read: u64,
    pub(crate) bytes_written: u64,
}

impl Job {
    /// Does it in this process, and prints what was measured.
    pub(crate) async fn do_from_input() -> Result<()> {
        let wrong = |error: serde_json::Error| {
            Error::new(ErrorKind::InvalidRequest, "The job is not right").with_source(error)
        };
        let input = std::io::read_to_string(std::io::stdin()).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "The job can't be read").with_source(error)
        })?;
        let job: Self = serde_json::from_str(&input).map_err(wrong)?;
        let (started, cpu) = (Instant::now(), own_cpu_seconds());
        let done = job.carry_out().await?;
        let measured = Measured {
            seconds: started.elapsed().as_secs_f64(),
            cpu_seconds: own_cpu_seconds() - cpu,
            ..done
        };
        println!("{}", serde_json::to_string(&measured).map_err(wrong)?);
        Ok(())
    }

    async fn carry_out(self) -> Result<Measured> {
        match self {
            Self::Publish(publish) => publish.publish().await,
            #[cfg(feature = "services")]
            Self::Transfer(transfer) => transfer.carry_out().await,
        }
    }

    /// Does it in a process of its own.
    pub(crate) async fn run(&self) -> Result<(Cost, Measured)> {
        let program = own_program()?;
        let (cost, printed) = run(Command::new(program).arg("once"), &self.input()?).await?;
        Ok((cost, Measured::parse(&printed)?))
    }

    /// The words that tell a process what to do.
    pub(crate) fn input(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "The job can't be written").with_source(error))
    }
}

impl Measured {
    /// Reads the last line of what a process printed.
    pub(crate) fn parse(printed: &str) -> Result<Self> {
        let line = printed.lines().last().unwrap_or_default();
        serde_json::from_str(line).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The process did not say what it measured")
                .with_context("said", line)
                .with_source(error)
        })
    }
}

/// This program.
pub(crate) fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| {
        Error::new(ErrorKind::Unexpected, "The program's own path can't be told").with_source(error)
    })
}
