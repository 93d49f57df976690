//! Publishes files to a folder: `publish-embed FOLDER TABLE FILES..`.
//!
//! The table keeps its last three publications: run it again with other files and see the oldest ones go.

// ANCHOR: host
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use publish_core::{
    Cancel, Engine, NoEvents, PublishRequest, Registry, Result, RunOutcome, Source, Storage, TargetFactory,
};
use publish_embed::{FolderFactory, Roll};
use publish_storage::{FileStorage, local_location};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, table, files @ ..] = arguments.as_slice() else {
        eprintln!("usage: publish-embed FOLDER TABLE FILES..");
        return ExitCode::from(2);
    };
    match Box::pin(publish(folder, table, files)).await {
        Ok(RunOutcome::Published) => ExitCode::SUCCESS,
        Ok(RunOutcome::RolledBack) => ExitCode::FAILURE,
        Ok(_) => ExitCode::from(3),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

// ANCHOR: registry
/// What this host offers: all formats, this machine's disks, and what this crate brings.
fn registry() -> Registry {
    let disks: Arc<dyn Storage> = Arc::new(FileStorage::default());
    publish_formats::all()
        .into_iter()
        .fold(Registry::new(), Registry::with_format)
        .with_storage(&disks)
        .with_target(Arc::new(FolderFactory))
        .with_action(Arc::new(Roll))
}
// ANCHOR_END: registry

// ANCHOR: publish
/// Shows the plan, carries it out, and shows how it ended.
async fn publish(folder: &str, table: &str, files: &[String]) -> Result<RunOutcome> {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = here.join(Path::new(folder)).display().to_string();
    let engine = Engine::new(registry());
    let settings = serde_json::Map::from_iter([("folder".to_owned(), folder.into())]);
    let target = engine.registry().build_target(FolderFactory.name(), &settings)?;

    let locations = files.iter().map(|file| local_location(file, &here)).collect::<Result<_>>()?;
    let request = PublishRequest::new(Source::new(locations), table, Roll::NAME);

    println!("{}", engine.plan(&target, &request).await?);
    let report = engine.publish(&target, &request, Arc::new(NoEvents), &Cancel::default()).await?;
    println!("{}: table {}, {} rows", report.outcome, report.table, report.row_count.unwrap_or_default());
    for error in report.error.iter().chain(&report.leftovers) {
        eprintln!("{error}");
    }
    Ok(report.outcome)
}
// ANCHOR_END: publish
// ANCHOR_END: host
