//! Starts an emulator and keeps it running until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use redshift_emulator::{Credentials, Emulator, EndpointStore, FolderStore, Isolation};
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for Amazon Redshift: PostgreSQL that obeys the service's rules.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where clients connect to; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:5439")]
    listen: SocketAddr,
    /// The database.
    #[arg(long, default_value = "dev")]
    database: String,
    /// The superuser.
    #[arg(long, default_value = "awsuser")]
    user: String,
    /// The superuser's password.
    #[arg(long, env = "REDSHIFT_EMULATOR_PASSWORD", default_value = "Passw0rd", hide_env_values = true)]
    password: String,
    /// Run transactions under snapshot isolation instead of serializable.
    #[arg(long)]
    snapshot: bool,
    /// A folder whose folders are the buckets that COPY reads.
    #[arg(long, conflicts_with = "endpoint")]
    buckets: Option<PathBuf>,
    /// An S3 endpoint that COPY reads, such as `http://127.0.0.1:9000`.
    #[arg(long)]
    endpoint: Option<String>,
    /// The region of the cluster.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Keys that stand for every IAM role at the endpoint, as `key-id:secret`.
    #[arg(long, env = "REDSHIFT_EMULATOR_ROLE_KEYS", hide_env_values = true, requires = "endpoint")]
    role_keys: Option<String>,
    /// Encrypt connections with a certificate that is made now and written to this file.
    #[arg(long, conflicts_with_all = ["certificate", "key"])]
    write_certificate: Option<PathBuf>,
    /// Encrypt connections with this chain of certificates (PEM).
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Refuse connections that are not encrypted.
    #[arg(long)]
    require_ssl: bool,
    /// The folder of PostgreSQL's programs.
    #[arg(long)]
    programs: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("redshift-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Emulator::builder()
        .with_listen(arguments.listen)
        .with_database(arguments.database)
        .with_user(arguments.user, arguments.password);
    if arguments.snapshot {
        builder = builder.with_isolation(Isolation::Snapshot);
    }
    if arguments.write_certificate.is_some() {
        builder = builder.with_encryption();
    }
    if let (Some(certificate), Some(key)) = (arguments.certificate, arguments.key) {
        builder =
            builder.with_certificate(std::fs::read_to_string(certificate)?, std::fs::read_to_string(key)?);
    }
    if arguments.require_ssl {
        builder = builder.with_encryption_required();
    }
    if let Some(programs) = arguments.programs {
        builder = builder.with_programs(programs);
    }
    if let Some(endpoint) = arguments.endpoint {
        let mut store = EndpointStore::new(endpoint).with_region(arguments.region);
        if let Some(keys) = arguments.role_keys {
            let (key_id, secret) = keys.split_once(':').ok_or("The role's keys are not key-id:secret")?;
            store = store.with_role_credentials(Credentials::new(key_id, secret));
        }
        builder = builder.with_objects(store);
    } else if let Some(buckets) = arguments.buckets {
        builder = builder.with_objects(FolderStore::new(buckets));
    }
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let emulator = builder.start().await?;
    if let (Some(path), Some(certificate)) = (arguments.write_certificate, emulator.certificate()) {
        std::fs::write(path, certificate)?;
    }
    println!(
        "ready: host={} port={} dbname={} user={}",
        emulator.address().ip(),
        emulator.port(),
        emulator.database(),
        emulator.user()
    );
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}
