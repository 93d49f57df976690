//! `s3-test-server`: the server as a program, until it is interrupted.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use clap::Parser;
use s3_test_server::{Fault, Identity, S3TestServer, Settings};

/// Amazon S3 in memory, for tests and first steps. Everything is gone when it ends.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Address to listen on. Whoever reaches it can read and change all that is kept.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,

    /// Port; 0 takes a free one.
    #[arg(long, default_value_t = 9000)]
    port: u16,

    /// Bucket to make, as NAME or NAME=REGION; may be given many times.
    #[arg(long = "bucket", value_name = "NAME")]
    buckets: Vec<String>,

    /// Access key that requests must be signed with. Without it everybody is let in.
    #[arg(long, requires = "secret_key")]
    access_key: Option<String>,

    /// Secret of the access key.
    #[arg(long, env = "S3_TEST_SERVER_SECRET_KEY", hide_env_values = true)]
    secret_key: Option<String>,

    /// Milliseconds that each request waits before it is carried out.
    #[arg(long, default_value_t = 0)]
    latency: u64,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut settings = Settings::default().with_address(args.address).with_port(args.port);
    for bucket in &args.buckets {
        settings = match bucket.split_once('=') {
            Some((name, region)) => settings.with_bucket_in(name, region),
            None => settings.with_bucket(bucket),
        };
    }
    if let (Some(access_key), Some(secret_key)) = (args.access_key, args.secret_key) {
        settings = settings.with_identity(Identity::new(access_key, secret_key));
    }
    let server = S3TestServer::start(settings)?;
    if args.latency > 0 {
        server.inject(Fault::delay(Duration::from_millis(args.latency)).every(1));
    }
    println!("{}", server.endpoint());
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())
}
