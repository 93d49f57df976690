//! The commands, a file each.

mod check;
mod plan;
mod run;
mod show;
mod sweep;
mod targets;

use std::process::ExitCode;
use std::sync::Arc;

use publish_core::{Engine, Error, ErrorKind, Registry, Result};
use target_hive::HiveFactory;
use target_redshift::RedshiftFactory;
use target_sqlite::SqliteFactory;

use crate::args::{Args, Command};
use crate::connections::Connections;
use crate::storages::StorageSettings;

/// Runs a command to its exit code.
pub(crate) async fn execute(args: Args) -> Result<ExitCode> {
    let connections = Connections::read(args.config.as_deref())?;
    let host = Host { engine: Engine::new(registry(connections.storage())?), connections };
    match args.command {
        Command::Run(args) => run::run(&host, &args).await,
        Command::Plan(args) => plan::plan(&host, &args).await,
        Command::Show(args) => show::show(&host, &args).await,
        Command::Targets { json } => Ok(targets::targets(&host, json)),
        Command::Check(args) => check::check(&host, &args).await,
        Command::Sweep(args) => sweep::sweep(&host, &args).await,
    }
}

/// What every command works with.
struct Host {
    engine: Engine,
    connections: Connections,
}

/// What this tool offers.
fn registry(storages: &StorageSettings) -> Result<Registry> {
    let targets = Registry::new()
        .with_target(Arc::new(SqliteFactory))
        .with_target(Arc::new(HiveFactory))
        .with_target(Arc::new(RedshiftFactory));
    let registry = storages.register(targets)?;
    Ok(publish_formats::all().into_iter().fold(registry, Registry::with_format))
}

fn current_dir() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The current folder can't be read; change to another")
            .with_source(error)
    })
}
