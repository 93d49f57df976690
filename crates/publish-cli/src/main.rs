//! The command line tool `publish`.
//!
//! ```text
//! publish run part-*.avro --table orders --action createAndLoad
//! publish plan part-*.avro --table orders --action truncateAndLoad
//! publish show orders
//! ```

mod args;
mod commands;
mod connections;
mod exit;
mod output;
mod progress;
mod request;
mod server;
mod storages;
mod table;

use std::process::ExitCode;

use clap::Parser;
use publish_core::{Error, ErrorKind};

use args::Args;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refuse_arguments(&error),
    };
    let is_json = args.is_json();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = Error::new(ErrorKind::Unexpected, "The program's threads can't be started")
                .with_source(error);
            return output::refused(&error, is_json);
        }
    };
    let code =
        runtime.block_on(commands::execute(args)).unwrap_or_else(|error| output::refused(&error, is_json));
    // Whatever still waits on the blocking pool has nobody left to report to.
    runtime.shutdown_background();
    code
}

/// Prints what clap says of the arguments, as a JSON object where JSON was asked for. Help is no error.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let text = error.render().to_string();
        let message = text.trim().trim_start_matches("error: ").to_owned();
        return output::refused(&Error::new(ErrorKind::InvalidRequest, message), true);
    }
    // A closed pipe is the only thing that can go wrong here, and there is nobody to tell.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(exit::BAD_REQUEST) } else { ExitCode::SUCCESS }
}
