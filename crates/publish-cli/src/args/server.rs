//! What can be typed to run the server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use publish_server::Scope;

/// The settings are the table `[server]` of publish.toml.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on, in place of the setting listen. Default: 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Let everybody do everything. Only for a server on this machine alone.
    #[arg(long)]
    pub(crate) no_access: bool,
    /// Ask the server that runs with these settings whether it is ready, and start none: exit code 0, or 1.
    #[arg(long, conflicts_with_all = ["no_access", "log"])]
    pub(crate) check: bool,
    /// How the log is written to the error stream. The variable PUBLISH_LOG sets its levels.
    #[arg(long, value_enum, default_value_t = LogFormat::Json)]
    pub(crate) log: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it. Nobody can tell it again.
    Add(TokenAddArgs),
    /// List names, kinds and scopes.
    List {
        /// Answer with one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove a token or a user. Running servers let it in for five more seconds at most.
    Remove {
        /// Its name.
        name: String,
    },
}

impl TokenCommand {
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Add(args) => args.json,
            Self::List { json } => *json,
            Self::Remove { .. } => false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct TokenAddArgs {
    /// Its name.
    pub(crate) name: String,
    /// What it allows: read, publish (and read), or admin (everything).
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Scope,
    /// Make a user for Basic credentials instead, with the password in the first line of this file, or of the input for -.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
