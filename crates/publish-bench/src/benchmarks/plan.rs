//! Planning many small files.

use std::time::Instant;

use publish_core::Result;

use crate::args::{GenerateArgs, PlanArgs};
use crate::report::{Figure, tell};
use crate::{generate, host};

/// Plans a publish of many small files: listing, headers or inference, one schema, the plan.
pub(crate) async fn measure(args: &PlanArgs) -> Result<()> {
    let mut figures = Vec::new();
    for &format in &args.formats {
        let folder = scratch()?;
        let results = folder.path().join("results");
        generate::generate(&GenerateArgs {
            rows: args.rows * args.files,
            columns: 12,
            files: args.files,
            format,
            seed: 1,
            out: results.clone(),
        })
        .await?;
        let engine = host::engine();
        let target = host::target(&engine, &folder.path().join("bench.sqlite"))?;
        let request = host::request(&results, format, "createAndLoad")?;
        let mut samples = Vec::new();
        for _ in 0..=args.samples {
            let started = Instant::now();
            let plan = engine.plan(&target, &request).await?;
            samples.push(started.elapsed().as_secs_f64());
            assert_eq!(
                plan.results().row_count,
                Some((args.rows * args.files) as u64),
                "every row is counted"
            );
        }
        // The first is the warm-up: it fills the system's file cache.
        samples.remove(0);
        figures.push(Figure::new(format!("plan {} {format} files", args.files), "s", samples));
    }
    tell(&figures, args.json.as_deref())
}

/// A folder that is removed at the end.
pub(crate) fn scratch() -> Result<tempfile::TempDir> {
    use publish_core::{Error, ErrorKind};
    tempfile::tempdir().map_err(|error| {
        Error::new(ErrorKind::Unexpected, "There is no folder for scratch files").with_source(error)
    })
}
