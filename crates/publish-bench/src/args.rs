//! What can be measured.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use publish_core::FileFormat;

#[derive(Debug, Parser)]
#[command(name = "publish-bench", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan a publish of many small files on a local disk.
    Plan(PlanArgs),
    /// Publish one result set in each format to the local target, each in a process of its own.
    Local(LocalArgs),
    /// Write an object and read it, on the S3 server for tests in this process.
    S3(S3Args),
    /// Write a seeded result set.
    Generate(GenerateArgs),
    /// Publish once in this process; `local` starts it.
    #[command(hide = true)]
    PublishOnce(PublishOnceArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    /// How many files.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) files: usize,
    /// Rows of each file.
    #[arg(long, default_value_t = 20)]
    pub(crate) rows: usize,
    /// Formats to measure.
    #[arg(long, value_delimiter = ',', default_value = "avro,parquet,csv,json")]
    pub(crate) formats: Vec<FileFormat>,
    /// Samples of each.
    #[arg(long, default_value_t = 5)]
    pub(crate) samples: usize,
    /// Write the figures as JSON.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LocalArgs {
    /// Rows of the result set.
    #[arg(long, default_value_t = 5_000_000)]
    pub(crate) rows: usize,
    /// Its columns.
    #[arg(long, default_value_t = 12)]
    pub(crate) columns: usize,
    /// Its files.
    #[arg(long, default_value_t = 4)]
    pub(crate) files: usize,
    /// Formats to measure.
    #[arg(long, value_delimiter = ',', default_value = "avro,parquet,csv,json")]
    pub(crate) formats: Vec<FileFormat>,
    /// Actions to measure, each on a table that holds the same rows already where it needs one.
    #[arg(long, value_delimiter = ',', default_value = "createAndLoad,truncateAndLoad")]
    pub(crate) actions: Vec<String>,
    /// Samples of each.
    #[arg(long, default_value_t = 1)]
    pub(crate) samples: usize,
    /// Write the figures as JSON.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

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
    /// Samples.
    #[arg(long, default_value_t = 3)]
    pub(crate) samples: usize,
    /// Write the figures as JSON.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct GenerateArgs {
    /// Rows in all.
    #[arg(long)]
    pub(crate) rows: usize,
    /// Columns; their types repeat after twelve.
    #[arg(long, default_value_t = 12)]
    pub(crate) columns: usize,
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

#[derive(Debug, ClapArgs)]
pub(crate) struct PublishOnceArgs {
    /// Folder with the results.
    #[arg(long)]
    pub(crate) results: PathBuf,
    /// Their format.
    #[arg(long)]
    pub(crate) format: FileFormat,
    /// File of the local target.
    #[arg(long)]
    pub(crate) database: PathBuf,
    /// Action.
    #[arg(long)]
    pub(crate) action: String,
}
