//! What can be typed.

mod server;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use server::{LogFormat, ServeArgs, TokenAddArgs, TokenCommand};

/// Publishes result files into a table: all of them or none, and never twice.
#[derive(Debug, Parser)]
#[command(name = "publish", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Settings with the connections. Default: publish.toml in the current folder, if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "PUBLISH_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    /// Whether the answer is to be one JSON object.
    pub(crate) fn is_json(&self) -> bool {
        match &self.command {
            Command::Run(run) => run.request.json,
            Command::Plan(request) => request.json,
            Command::Show(show) => show.json,
            Command::Targets { json } => *json,
            Command::Check(connection) => connection.json,
            Command::Sweep(sweep) => sweep.connection.json,
            Command::Serve(_) => false,
            Command::Token(token) => token.is_json(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Publish files into a table.
    Run(RunArgs),
    /// Say what `run` would do, statement by statement, and change nothing.
    Plan(RequestArgs),
    /// Show a local table: its columns and first rows.
    Show(ShowArgs),
    /// List the kinds of targets, the actions, and the connections that are set.
    Targets {
        /// Answer with one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Try a connection.
    Check(ConnectionArgs),
    /// Finish what killed runs left: undo, tidy up, forget old entries.
    Sweep(SweepArgs),
    /// Serve the HTTP calls of v3 and v4.
    Serve(ServeArgs),
    /// Add, list and remove those who may call the server.
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// Show the first rows of the table afterwards (local targets).
    #[arg(long)]
    pub(crate) show: bool,
    /// Print neither the plan nor progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Also show what the target says meanwhile, such as the log of its statements.
    #[arg(long, short, conflicts_with_all = ["quiet", "json"])]
    pub(crate) verbose: bool,
}

/// What is published, where and how.
#[derive(Debug, ClapArgs)]
pub(crate) struct RequestArgs {
    /// Files, folders or globs: paths, or addresses such as file:///data/part-*.avro.
    #[arg(required = true, value_name = "FILES")]
    pub(crate) files: Vec<String>,
    /// Name of the table.
    #[arg(long, short)]
    pub(crate) table: String,
    /// create, load, createAndLoad, truncateAndLoad or dropAndLoad.
    #[arg(long, short)]
    pub(crate) action: String,
    /// Name of the connection.
    #[arg(long, short, default_value = crate::connections::LOCAL)]
    pub(crate) connection: String,
    /// Database or schema of the table; may be given more than once.
    #[arg(long, value_name = "DB")]
    pub(crate) path: Vec<String>,
    /// Format of the files: avro, pqt, csv or json. Default: what their endings say.
    #[arg(long, short = 'f', value_name = "FORMAT")]
    pub(crate) input_format: Option<String>,
    /// Whether a new table's name gets a timestamp.
    #[arg(long, value_enum, default_value_t = Naming::Timestamp)]
    pub(crate) table_naming: Naming,
    /// Whether column names that are not plain are refused or cleaned.
    #[arg(long, value_enum, default_value_t = Columns::Exact)]
    pub(crate) column_naming: Columns,
    /// Refuse the publish if readers could see anything but the old table or the new one.
    #[arg(long)]
    pub(crate) atomic: bool,
    /// Publish even where the run can't be recorded at the target: if the answer to its commit is lost, it is in doubt.
    #[arg(long)]
    pub(crate) without_journal: bool,
    /// Id of the run: the same id again publishes nothing twice. Default: a new one.
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Seconds that the run may take.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) deadline: Option<u64>,
    /// A setting that only this target or this action understands, such as views=rebind. May be given more than once.
    #[arg(long = "option", value_name = "NAME=VALUE")]
    pub(crate) options: Vec<String>,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    /// Answer with one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How text files are written.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "CSV and JSON")]
pub(crate) struct TextArgs {
    /// Character between fields. Default: a comma, or a tab in .tsv files; \t is a tab.
    #[arg(long, value_name = "CHAR")]
    pub(crate) delimiter: Option<String>,
    /// Character around fields.
    #[arg(long, value_name = "CHAR", default_value = "\"")]
    pub(crate) quote: String,
    /// Character before a quote inside a quoted field. Default: the quote is doubled.
    #[arg(long, value_name = "CHAR")]
    pub(crate) escape: Option<String>,
    /// The first record is data, not names.
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Text that stands for null when it is not quoted.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) null_text: String,
    /// Infer types from so many records of each file instead of all.
    #[arg(long, value_name = "COUNT")]
    pub(crate) infer_records: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Naming {
    Timestamp,
    Exact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Columns {
    Exact,
    Clean,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ShowArgs {
    /// Name of the table.
    pub(crate) table: String,
    /// Name of the connection.
    #[arg(long, short, default_value = crate::connections::LOCAL)]
    pub(crate) connection: String,
    /// How many rows.
    #[arg(long, short = 'n', default_value_t = 10)]
    pub(crate) rows: usize,
    /// Answer with one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ConnectionArgs {
    /// Name of the connection.
    #[arg(default_value = crate::connections::LOCAL)]
    pub(crate) connection: String,
    /// Answer with one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Forget ended runs that are older than this many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) horizon_days: u64,
}
