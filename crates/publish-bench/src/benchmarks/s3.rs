//! Writing and reading objects, on the S3 server for tests in this process.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::TryStreamExt;
use publish_core::{Error, ErrorKind, Location, Result, Secret, Storage};
use publish_storage::{S3Config, S3Storage};
use s3_test_server::{ACCESS_KEY, Fault, S3TestServer, SECRET_KEY, Settings};

use crate::args::S3Args;
use crate::report::{Better, Figure, Findings};

const MIB: usize = 1024 * 1024;

/// Writes one object and reads it again; server and client share this machine's processors.
pub(super) async fn measure(args: &S3Args, samples: usize, findings: &mut Findings) -> Result<()> {
    let server = S3TestServer::start(Settings::default().with_bucket("bench")).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "The S3 server for tests can't start").with_source(error)
    })?;
    if args.latency > 0 {
        server.inject(Fault::delay(Duration::from_millis(args.latency)).every(1));
    }
    let config = S3Config::default()
        .with_endpoint(server.endpoint())
        .with_keys(ACCESS_KEY, Secret::new(SECRET_KEY))
        .with_part_size(args.part_mib * MIB);
    let storage = S3Storage::new(config)?;
    let at = Location::parse("s3://bench/object")?;
    let mut rng = fastrand::Rng::with_seed(1);
    let block: Bytes = std::iter::repeat_with(|| rng.u8(..)).take(MIB).collect::<Vec<u8>>().into();

    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..=samples.max(1) {
        let started = Instant::now();
        let mut writer = storage.create(&at).await?;
        for _ in 0..args.mib {
            writer.write(block.clone()).await?;
        }
        let file = writer.finish().await?;
        puts.push(args.mib as f64 / started.elapsed().as_secs_f64());

        let started = Instant::now();
        let mut read = 0;
        let mut stream = storage.stream(&at, 0..file.size).await?;
        while let Some(chunk) = stream.try_next().await? {
            read += chunk.len() as u64;
        }
        gets.push(args.mib as f64 / started.elapsed().as_secs_f64());
        if read != file.size {
            return Err(Error::new(ErrorKind::Unexpected, "Other bytes were read than were written"));
        }
        storage.delete(&at).await?;
    }
    // The first is the warm-up: it makes the connections.
    for samples in [&mut puts, &mut gets] {
        samples.remove(0);
    }
    let what = format!("{} MiB, {} ms latency", args.mib, args.latency);
    findings.add(Figure::new(format!("put to S3, {what}"), "publish-storage", "MiB/s", Better::Higher, puts));
    findings.add(Figure::new(
        format!("get from S3, {what}"),
        "publish-storage",
        "MiB/s",
        Better::Higher,
        gets,
    ));
    Ok(())
}
