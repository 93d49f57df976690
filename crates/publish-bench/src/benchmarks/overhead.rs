//! What the engine itself costs: one publish to a target that does nothing, and plans of many files.

use std::sync::Arc;
use std::time::Instant;

use publish_core::{
    Cancel, Engine, Error, ErrorKind, FileFormat, NoEvents, PublishRequest, Result, RunOutcome, Target,
};

use super::plan;
use crate::allocations::Allocations;
use crate::args::{CommonArgs, PlanArgs};
use crate::null_target::{NullTarget, Work};
use crate::report::{Better, Curve, Figure, Findings};
use crate::scratch::scratch;
use crate::{generate, host};

/// Publishes of which a sample is the mean.
const PUBLISHES: usize = 500;

/// Formats whose files are planned by their headers alone, and by all of their values.
const FORMATS: [FileFormat; 4] = [FileFormat::Avro, FileFormat::Parquet, FileFormat::Csv, FileFormat::Json];

/// Counts of files that are planned.
const FILE_COUNTS: [usize; 3] = [1, 100, 10_000];

/// Measures publishes of one small file, then plans.
pub(super) async fn measure(args: &CommonArgs, findings: &mut Findings) -> Result<()> {
    for format in [FileFormat::Avro, FileFormat::Parquet] {
        publishes(format, args.samples, findings).await?;
    }
    for format in FORMATS {
        let mut points = Vec::new();
        for files in FILE_COUNTS {
            let seconds = plan::plan(format, files, PlanArgs::ROWS_PER_FILE, args.samples).await?;
            let figure = plan::figure(format, files, seconds);
            points.extend(figure.spread.map(|spread| (files as f64, spread.median)));
            findings.add(figure);
        }
        findings.draw(Curve {
            drawing: "plan".to_owned(),
            name: format.to_string(),
            x: "files".to_owned(),
            y: "seconds".to_owned(),
            points,
        });
    }
    Ok(())
}

/// One file of 20 rows on a local disk: listed, its header read, planned, noted in the journal, committed, reported.
async fn publishes(format: FileFormat, samples: usize, findings: &mut Findings) -> Result<()> {
    let folder = scratch()?;
    generate::mixed(folder.path(), format, PlanArgs::ROWS_PER_FILE, 1).await?;
    let engine = host::engine(None)?;
    let settings = Work::Nothing.settings();
    let settings = settings.as_object().cloned().unwrap_or_default();
    let target = engine.registry().build_target(&NullTarget::NAME, &settings)?;
    let request = host::request(host::local(folder.path())?, format, host::TABLE, "createAndLoad");
    let (mut micros, mut kilobytes) = (Vec::new(), Vec::new());
    for _ in 0..=samples.max(1) {
        let (started, allocations) = (Instant::now(), Allocations::start());
        for _ in 0..PUBLISHES {
            publish(&engine, &target, &request).await?;
        }
        micros.push(started.elapsed().as_secs_f64() * 1e6 / PUBLISHES as f64);
        kilobytes.push(allocations.bytes() as f64 / 1e3 / PUBLISHES as f64);
    }
    micros.remove(0);
    kilobytes.remove(0);
    let benchmark = format!("publish nothing, one {format} file");
    findings.add(Figure::new(&benchmark, "publish", "us", Better::Lower, micros));
    findings.add(Figure::new(&benchmark, "publish", "kB allocated", Better::Lower, kilobytes));
    Ok(())
}

async fn publish(engine: &Engine, target: &Arc<dyn Target>, request: &PublishRequest) -> Result<()> {
    let report = engine.publish(target, request, Arc::new(NoEvents), &Cancel::default()).await?;
    match (report.outcome, report.error) {
        (RunOutcome::Published, _) => Ok(()),
        (_, Some(error)) => Err(error),
        (outcome, None) => Err(Error::new(ErrorKind::Unexpected, format!("The publish ended as {outcome}"))),
    }
}
