//! Whole publishes to the local target.

use std::sync::Arc;

use publish_core::{Cancel, Error, ErrorKind, NoEvents, Result, RunOutcome};

use crate::args::{GenerateArgs, LocalArgs, PublishOnceArgs};
use crate::plan::scratch;
use crate::process::run_self;
use crate::report::{Figure, tell};
use crate::{generate, host};

/// Publishes one result set in each format by each action, each time in a process of its own.
pub(crate) async fn measure(args: &LocalArgs) -> Result<()> {
    let mut figures = Vec::new();
    for &format in &args.formats {
        let folder = scratch()?;
        let results = folder.path().join("results");
        generate::generate(&GenerateArgs {
            rows: args.rows,
            columns: args.columns,
            files: args.files,
            format,
            seed: 1,
            out: results.clone(),
        })
        .await?;
        for action in &args.actions {
            let (mut rates, mut peaks) = (Vec::new(), Vec::new());
            for sample in 0..args.samples.max(1) {
                let database = folder.path().join(format!("{action}-{sample}.sqlite"));
                let arguments = |action: &str| {
                    let pairs = [
                        ("--results", results.to_string_lossy().into_owned()),
                        ("--format", format.to_string()),
                        ("--database", database.to_string_lossy().into_owned()),
                        ("--action", action.to_owned()),
                    ];
                    let mut arguments = vec!["publish-once".to_owned()];
                    arguments.extend(pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
                    arguments
                };
                if matches!(action.as_str(), "load" | "truncateAndLoad" | "dropAndLoad") {
                    run_self(&arguments("createAndLoad")).await?;
                }
                let cost = run_self(&arguments(action)).await?;
                rates.push(args.rows as f64 / cost.seconds / 1e6);
                peaks.push(cost.peak_bytes as f64 / f64::from(1 << 20));
                // Databases of millions of rows are large; one at a time is enough.
                let _ = std::fs::remove_file(&database);
            }
            figures.push(Figure::new(format!("{format} {action}"), "M rows/s", rates));
            figures.push(Figure::new(format!("{format} {action} peak memory"), "MiB", peaks));
        }
    }
    tell(&figures, args.json.as_deref())
}

/// Publishes once.
pub(crate) async fn publish_once(args: &PublishOnceArgs) -> Result<()> {
    let engine = host::engine();
    let target = host::target(&engine, &args.database)?;
    let request = host::request(&args.results, args.format, &args.action)?;
    let report = engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default()).await?;
    match (report.outcome, report.error) {
        (RunOutcome::Published, _) => Ok(()),
        (_, Some(error)) => Err(error),
        (outcome, None) => Err(Error::new(ErrorKind::Unexpected, format!("The publish ended as {outcome}"))),
    }
}
