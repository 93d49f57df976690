//! Planning many small files.

use std::time::Instant;

use publish_core::{Error, ErrorKind, FileFormat, Result};

use crate::args::PlanArgs;
use crate::null_target::{NullTarget, Work};
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;
use crate::{generate, host};

/// Plans publishes of many small files of each format.
pub(super) async fn measure(args: &PlanArgs, samples: usize, findings: &mut Findings) -> Result<()> {
    for &format in &args.formats {
        let seconds = plan(format, args.files, args.rows_per_file, samples).await?;
        findings.add(figure(format, args.files, seconds));
    }
    Ok(())
}

pub(super) fn figure(format: FileFormat, files: usize, seconds: Vec<f64>) -> Figure {
    Figure::new(format!("plan {format}"), format!("{files} files"), "s", Better::Lower, seconds)
}

/// Plans a publish of files on a local disk to a target that does nothing: listing, headers or inference, one schema,
/// the plan. Answers the seconds of each sample.
pub(super) async fn plan(format: FileFormat, files: usize, rows: usize, samples: usize) -> Result<Vec<f64>> {
    let folder = scratch()?;
    generate::mixed(folder.path(), format, rows * files, files).await?;
    let engine = host::engine(None)?;
    let settings = Work::Nothing.settings();
    let settings = settings.as_object().cloned().unwrap_or_default();
    let target = engine.registry().build_target(&NullTarget::NAME, &settings)?;
    let request = host::request(host::local(folder.path())?, format, host::TABLE, "createAndLoad");
    let mut seconds = Vec::new();
    for _ in 0..=samples.max(1) {
        let started = Instant::now();
        let plan = engine.plan(&target, &request).await?;
        seconds.push(started.elapsed().as_secs_f64());
        let (planned, expected) = (plan.results().row_count, (rows * files) as u64);
        if planned != Some(expected) {
            return Err(Error::new(ErrorKind::Unexpected, "The plan has other rows than the files")
                .with_context("planned", format!("{planned:?}"))
                .with_context("expected", expected));
        }
    }
    // The first is the warm-up: it fills the system's file cache.
    seconds.remove(0);
    Ok(seconds)
}
