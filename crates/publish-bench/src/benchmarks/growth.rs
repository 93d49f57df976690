//! Cost against size.

use publish_core::{Error, ErrorKind, FileFormat, Result};

use super::decode::null_job;
use crate::args::CommonArgs;
use crate::job::Job;
use crate::null_target::Work;
use crate::report::{Better, Curve, Figure, Findings, Spread};
use crate::scratch::scratch;
use crate::{generate, host};

/// From what to what.
const WAYS: [(FileFormat, FileFormat); 3] = [
    (FileFormat::Avro, FileFormat::Parquet),
    (FileFormat::Parquet, FileFormat::Avro),
    (FileFormat::Csv, FileFormat::Parquet),
];

/// Parts of the rows that were asked for.
const PARTS: [usize; 3] = [100, 10, 1];

/// Files into which a tenth of the rows is divided.
const FILE_COUNTS: [usize; 3] = [1, 100, 10_000];

/// Re-encodes a hundredth, a tenth and all of the rows in one file, then a tenth of them in more and more files.
pub(super) async fn measure(args: &CommonArgs, findings: &mut Findings) -> Result<()> {
    for way in WAYS {
        let rows = PARTS.map(|part| (args.rows / part, 1));
        grow(way, "rows", &rows, args.samples, findings).await?;
        let files = FILE_COUNTS.map(|files| (args.rows / 10, files));
        grow(way, "files", &files, args.samples, findings).await?;
    }
    Ok(())
}

async fn grow(
    (from, to): (FileFormat, FileFormat),
    by: &str,
    sizes: &[(usize, usize)],
    samples: usize,
    findings: &mut Findings,
) -> Result<()> {
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for &(rows, files) in sizes {
        let folder = scratch()?;
        let results = folder.path().join("results");
        generate::mixed(&results, from, rows, files).await?;
        let work = Work::Stage { folder: host::local(&folder.path().join("output"))?, format: to };
        let job = Job::Publish(null_job(&work, &host::local(&results)?, from));
        let (mut seconds, mut mib) = (Vec::new(), Vec::new());
        for round in 0..=samples.max(1) {
            let (cost, measured) = job.run().await?;
            if measured.rows != rows as u64 {
                return Err(Error::new(ErrorKind::Unexpected, "Other rows were written than there are")
                    .with_context("written", measured.rows)
                    .with_context("expected", rows));
            }
            if round > 0 {
                seconds.push(measured.seconds);
                mib.push(cost.peak_bytes as f64 / f64::from(1 << 20));
            }
        }
        let size = (if by == "rows" { rows } else { files }) as f64;
        times.extend(Spread::of(&seconds).map(|spread| (size, spread.median)));
        peaks.extend(Spread::of(&mib).map(|spread| (size, spread.median)));
        let subject = format!("{rows} rows in {files} files");
        let benchmark = format!("growth by {by}, {from} to {to}");
        findings.add(Figure::new(&benchmark, &subject, "s", Better::Lower, seconds));
        findings.add(Figure::new(&benchmark, &subject, "MiB peak", Better::Lower, mib));
    }
    for (what, y, points) in [("time", "seconds", times), ("memory", "MiB", peaks)] {
        findings.draw(Curve {
            drawing: format!("{what} by {by}"),
            name: format!("{from} to {to}"),
            x: by.to_owned(),
            y: y.to_owned(),
            points,
        });
    }
    Ok(())
}
