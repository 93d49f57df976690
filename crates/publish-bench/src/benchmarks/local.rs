//! Whole publishes to the local target.

use publish_core::{FileFormat, Result};
use target_sqlite::SqliteTarget;

use crate::args::{CommonArgs, GenerateArgs, LocalArgs};
use crate::generate::{self, Shape};
use crate::host;
use crate::job::{Job, PublishJob};
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;

/// Publishes one result set in each format by each action, each time in a process of its own.
pub(super) async fn measure(args: &LocalArgs, common: &CommonArgs, findings: &mut Findings) -> Result<()> {
    for &format in &args.formats {
        let folder = scratch()?;
        let results = folder.path().join("results");
        let generated = GenerateArgs {
            shape: Shape::Mixed,
            columns: Some(args.columns),
            files: args.files,
            format,
            seed: 1,
            out: results.clone(),
        };
        generate::generate(&generated, common.rows).await?;
        for action in &args.actions {
            let (mut rates, mut peaks) = (Vec::new(), Vec::new());
            for sample in 0..common.samples.max(1) {
                let database = folder.path().join(format!("{action}-{sample}.sqlite"));
                let job = |action: &str| local_job(&results, format, &database, action);
                if matches!(action.as_str(), "load" | "truncateAndLoad" | "dropAndLoad") {
                    job("createAndLoad")?.run().await?;
                }
                let (cost, _) = job(action)?.run().await?;
                rates.push(common.rows as f64 / cost.seconds / 1e6);
                peaks.push(cost.peak_bytes as f64 / f64::from(1 << 20));
                // Databases of millions of rows are large; one at a time is enough.
                let _ = std::fs::remove_file(&database);
            }
            let benchmark = format!("local {action}");
            findings.add(Figure::new(&benchmark, format.as_str(), "M rows/s", Better::Higher, rates));
            findings.add(Figure::new(&benchmark, format.as_str(), "MiB peak", Better::Lower, peaks));
        }
    }
    Ok(())
}

fn local_job(
    results: &std::path::Path,
    format: FileFormat,
    database: &std::path::Path,
    action: &str,
) -> Result<Job> {
    let settings = serde_json::json!({"file": database.to_string_lossy()});
    let job = PublishJob::new(&SqliteTarget::NAME, &settings, &host::local(results)?, format);
    Ok(Job::Publish(PublishJob { action: action.to_owned(), ..job }))
}
