//! What can be measured.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use publish_core::{Error, ErrorKind, FileFormat, Result};

use crate::generate::Shape;

#[derive(Debug, Parser)]
#[command(name = "publish-bench", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// What every benchmark knows.
#[derive(Debug, ClapArgs)]
pub(crate) struct CommonArgs {
    /// Rows of each result set.
    #[arg(long, global = true, default_value_t = 1_000_000)]
    pub(crate) rows: usize,
    /// Samples of each figure, after a warm-up. Contestants take turns.
    #[arg(long, global = true, default_value_t = 3)]
    pub(crate) samples: usize,
    /// Write the figures, the machine and the versions as JSON.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Compare with an earlier run's JSON.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    /// Draw the figures as SVG into this folder.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) plots: Option<PathBuf>,
    /// The Python that has the peers. Default: target/bench-peers/bin/python, where it is.
    #[arg(long, global = true, value_name = "PYTHON", env = "PUBLISH_BENCH_PEERS")]
    pub(crate) peers: Option<PathBuf>,
}

impl CommonArgs {
    /// Fails where there is nothing to compare with, before anything is measured.
    pub(crate) fn check_comparison(&self) -> Result<()> {
        match &self.compare {
            Some(old) if !old.is_file() => {
                let message = "There is no earlier report to compare with; name one that --json wrote";
                Err(Error::new(ErrorKind::InvalidRequest, message).with_context("file", old.display()))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything from here to redshift.
    All,
    /// One publish to a target that does nothing: time, allocations; planning of 1, 100 and 10,000 files.
    Overhead,
    /// Read each format, beside DuckDB, polars, pyarrow and fastavro.
    Decode,
    /// Write results in another format, beside the same.
    Reencode,
    /// Cost against size: rows and files.
    Growth,
    #[cfg(feature = "services")]
    /// Write a file to HDFS and read it, beside Hadoop's own shell.
    Hdfs(HdfsArgs),
    #[cfg(feature = "services")]
    /// Publish to Hive, beside `hdfs -put` and LOAD DATA by hand.
    Hive,
    #[cfg(feature = "services")]
    /// Publish to the Redshift emulator, beside the same statements by hand.
    Redshift,
    /// Plan a publish of many small files on a local disk.
    Plan(PlanArgs),
    /// Publish one result set in each format to the local target, each in a process of its own.
    Local(LocalArgs),
    #[cfg(feature = "services")]
    /// Write an object and read it, on the S3 server for tests in this process.
    S3(S3Args),
    #[cfg(feature = "services")]
    /// Poll and publish over HTTP at once, on a server in this process.
    Server(ServerArgs),
    /// Write a seeded result set.
    Generate(GenerateArgs),
    /// Do one job, read from the standard input, in this process; the benchmarks start it.
    #[command(hide = true)]
    Once,
}

#[cfg(feature = "services")]
#[derive(Debug, ClapArgs)]
pub(crate) struct HdfsArgs {
    /// Size of the file.
    #[arg(long, default_value_t = Self::MIB)]
    pub(crate) mib: usize,
}

#[cfg(feature = "services")]
impl HdfsArgs {
    /// The size unless said.
    pub(crate) const MIB: usize = 256;
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    /// How many files.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) files: usize,
    /// Rows of each file.
    #[arg(long, default_value_t = Self::ROWS_PER_FILE)]
    pub(crate) rows_per_file: usize,
    /// Formats to measure.
    #[arg(long, value_delimiter = ',', default_value = "avro,parquet,csv,json")]
    pub(crate) formats: Vec<FileFormat>,
}

impl PlanArgs {
    /// Rows of each file unless said.
    pub(crate) const ROWS_PER_FILE: usize = 20;
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LocalArgs {
    /// Columns.
    #[arg(long, default_value_t = 12)]
    pub(crate) columns: usize,
    /// Files.
    #[arg(long, default_value_t = 4)]
    pub(crate) files: usize,
    /// Formats to measure.
    #[arg(long, value_delimiter = ',', default_value = "avro,parquet,csv,json")]
    pub(crate) formats: Vec<FileFormat>,
    /// Actions to measure, each on a table that holds the same rows already where it needs one.
    #[arg(long, value_delimiter = ',', default_value = "createAndLoad,truncateAndLoad")]
    pub(crate) actions: Vec<String>,
}

#[cfg(feature = "services")]
#[derive(Debug, ClapArgs)]
pub(crate) struct S3Args {
    /// Size of the object.
    #[arg(long, default_value_t = 256)]
    pub(crate) mib: usize,
    /// Size of its parts.
    #[arg(long, default_value_t = 16)]
    pub(crate) part_mib: usize,
    /// Milliseconds that each request waits before it is carried out.
    #[arg(long, default_value_t = 0)]
    pub(crate) latency: u64,
}

#[cfg(feature = "services")]
#[derive(Debug, ClapArgs)]
pub(crate) struct ServerArgs {
    /// Clients that poll.
    #[arg(long, default_value_t = 1000)]
    pub(crate) polls: usize,
    /// Milliseconds between an answer and the next poll of the same client.
    #[arg(long, default_value_t = 1000)]
    pub(crate) pause: u64,
    /// Publishes side by side.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) publishes: u16,
    /// Rows of each.
    #[arg(long, default_value_t = 100)]
    pub(crate) rows_per_publish: usize,
    /// For how long new rounds of publishes begin.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct GenerateArgs {
    /// What the columns are.
    #[arg(long, value_enum, default_value_t = Shape::Mixed)]
    pub(crate) shape: Shape,
    /// Columns; their types repeat. Default: as many as the shape has.
    #[arg(long)]
    pub(crate) columns: Option<usize>,
    /// Files.
    #[arg(long, default_value_t = 1)]
    pub(crate) files: usize,
    /// Format.
    #[arg(long)]
    pub(crate) format: FileFormat,
    /// Seed: the same one gives the same rows.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder to write them to.
    #[arg(long)]
    pub(crate) out: PathBuf,
}
