//! The benchmark harness: seeded result sets, samples with median and spread, memory and processor time as the
//! operating system counts them.
//!
//! ```text
//! cargo run --release -p publish-bench -- plan --files 10000
//! cargo run --release -p publish-bench -- local --rows 5000000
//! cargo run --release -p publish-bench -- s3 --mib 256 --latency 20
//! cargo run --release -p publish-bench -- generate --rows 5000000 --format avro --out /tmp/results
//! ```

mod args;
mod generate;
mod host;
mod local;
mod plan;
mod process;
mod report;
mod s3;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program's threads can't be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let measured = runtime.block_on(async {
        match args.command {
            Command::Plan(args) => plan::measure(&args).await,
            Command::Local(args) => local::measure(&args).await,
            Command::S3(args) => s3::measure(&args).await,
            Command::Generate(args) => generate::generate(&args).await,
            Command::PublishOnce(args) => local::publish_once(&args).await,
        }
    });
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
