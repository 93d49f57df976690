//! The commands, a file each.

mod check;
mod plan;
mod run;
mod serve;
mod show;
mod sweep;
mod targets;
mod token;

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
    match args.command {
        Command::Run(args) => run::run(&Host::new(connections)?, &args).await,
        Command::Plan(args) => plan::plan(&Host::new(connections)?, &args).await,
        Command::Show(args) => show::show(&Host::new(connections)?, &args).await,
        Command::Targets { json } => Ok(targets::targets(&Host::new(connections)?, json)),
        Command::Check(args) => check::check(&Host::new(connections)?, &args).await,
        Command::Sweep(args) => sweep::sweep(&Host::new(connections)?, &args).await,
        Command::Serve(args) => serve::serve(&connections, registry(connections.storage())?, &args).await,
        Command::Token(command) => token::token(&connections, &command).await,
    }
}

/// What the commands that publish work with.
struct Host {
    engine: Engine,
    connections: Connections,
}

impl Host {
    fn new(connections: Connections) -> Result<Self> {
        Ok(Self { engine: Engine::new(registry(connections.storage())?), connections })
    }
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
