//! The benchmark harness: seeded result sets, samples in turn with median and spread, memory and processor time as the
//! operating system counts them, beside peers and beside the same work by hand in the same run.
//!
//! ```text
//! cargo run --release -p publish-bench -- all --rows 1000000 --json new.json --plots plots --compare old.json
//! cargo run --release -p publish-bench -- overhead|decode|reencode|growth|hdfs|hive|redshift
//! cargo run --release -p publish-bench -- plan --files 10000
//! cargo run --release -p publish-bench -- local --rows 5000000
//! cargo run --release -p publish-bench -- s3 --mib 256 --latency 20
//! cargo run --release -p publish-bench -- server --polls 1000 --publishes 50
//! cargo run --release -p publish-bench -- generate --rows 5000000 --format avro --out results
//! ```
//!
//! Peers are measured where their Python is, which `crates/publish-bench/peers/setup.sh` makes. Hive and HDFS are those
//! that `HIVE_STACK` names, or are started; `HIVE_TESTS=skip` leaves them out. The Redshift emulator needs PostgreSQL's
//! programs.

mod allocations;
mod args;
mod benchmarks;
mod contest;
mod generate;
mod host;
mod job;
mod null_target;
mod peers;
mod process;
mod report;
mod scratch;
#[cfg(feature = "services")]
mod services;

use std::process::ExitCode;

use clap::Parser;

use args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program's threads can't be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(benchmarks::run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
